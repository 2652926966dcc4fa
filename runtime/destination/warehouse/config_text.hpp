#pragma once

#include "runtime/base/file_handle.hpp"
#include "schema/base/result.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Members of a destinationConfig, which are read the same by all warehouses.
namespace motorcade {

class json_view;

/// @returns invalid_argument, `destinationConfig: …`.
failure invalid_config(std::string what);

/// @returns the text or number of a member; empty if it is not there;
/// invalid_argument, which names the member and no value, if it is something
/// else or holds a NUL.
result<std::string> config_text(const json_view& config, std::string_view name);

/// Certificates and keys that were given as text, in files without a name,
/// since libraries want paths and a container need have no folder to write to.
struct kept_certificates {
  std::vector<std::shared_ptr<file_handle>> files = {};
  /// Keys, which must never be shown.
  std::vector<std::string> secrets = {};

  /// @param text A path, or PEM.
  /// @param name The member of the config, for the message.
  /// @returns a path, which is good as long as this or a copy of it lives.
  result<std::string> path_of(std::string text, std::string_view name);
};

} // namespace motorcade
