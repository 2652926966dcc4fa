#pragma once

#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Reads the exit code that the connector's wrapper wrote after the connector
/// ended: a decimal number, white space around it allowed.
/// @returns invalid_argument if there is no such file yet or it holds something
/// else.
result<int> read_exit_code(const std::string& path);

/// Writes an exit code by temporary file and rename, so that no reader sees
/// half of it.
result<void> write_exit_code(const std::string& path, int code);

} // namespace motorcade
