#pragma once

#include "schema/base/result.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// Finds a connector's program: `<folder>/airbyte/source-x`, or
/// `<folder>/source-x`.
/// @param package E.g. `airbyte/source-x`.
/// @returns its path without symbolic links; not_found if there is none;
/// invalid_argument if it is no program, or lies outside the folder, by a
/// symbolic link or by the package's name.
result<std::string> find_connector(const std::string& folder,
                                   const std::string& package);

/// @returns the packages of the programs in the folder, as `find_connector`
/// takes them, e.g. `airbyte/source-x`, in byte order; none if it cannot be
/// read.
std::vector<std::string> list_connectors(const std::string& folder);

} // namespace motorcade
