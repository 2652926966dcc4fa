#pragma once

#include "config/environment.hpp"
#include "schema/base/result.hpp"

#include <string_view>

namespace motorcade {

/// Reads a file of variables as Docker and systemd have them: `NAME=value`
/// lines, `export ` allowed before them; blank lines and lines that begin with
/// `#` are ignored. A value in single quotes is taken as it stands, one in
/// double quotes with `\n`, `\"` and `\\` for what they mean; both may go on
/// over several lines. Of a name that comes twice the last one counts.
/// @returns invalid_argument naming the line's number, never its value.
result<variables> read_env_file(std::string_view text);

} // namespace motorcade
