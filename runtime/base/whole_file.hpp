#pragma once

#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Reads a file that the operator or the system names, to its end. It may be
/// anything that can be read: a pipe is waited for. `read_found_file` is for
/// folders where others put files down.
/// @returns not_found if there is no such file, else invalid_argument; names
/// the path and the reason.
result<std::string> read_whole_file(const std::string& path);

} // namespace motorcade
