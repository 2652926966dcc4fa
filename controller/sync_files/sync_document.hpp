#pragma once

#include "schema/base/result.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// The functions that give the values of `${…}` in a file.
struct document_values {
  /// @returns the variable of that name; nothing: it is not set.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  /// @returns what the file of that path holds.
  std::function<result<std::string>(const std::string& path)> file;
};

/// Reads YAML as JSON and puts in what `${NAME}` (a variable) and
/// `${file:/path}` (a file, without its last line break) stand for in texts; a
/// text with one stays a text. `$${` stands for `${` itself.
/// @returns invalid_argument with the line, the member and what is wrong,
/// without any value, for what is no YAML, not a mapping, has a member twice,
/// nests too deep, holds a number that JSON does not have or that would be
/// rounded, or needs a value that is not there.
result<std::string> read_sync_document(const std::string& yaml,
                                       const document_values& values);

} // namespace motorcade
