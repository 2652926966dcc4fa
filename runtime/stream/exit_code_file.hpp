#pragma once

#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Reads the exit code that the connector's wrapper wrote after the connector
/// ended: a decimal number, white space around it allowed. The connector may
/// have put anything there: this never waits, and follows no symbolic link.
/// @param path `/dev/fd/<number>` is an inherited socket, whose first packet
/// holds the exit code: no other process can have put it there.
/// @returns not_found if there is no such file yet, invalid_argument with what
/// is there instead if it is no regular file or holds something else.
result<int> read_exit_code(const std::string& path);

/// Writes an exit code by temporary file and rename, so that no reader sees
/// half of it.
result<void> write_exit_code(const std::string& path, int code);

} // namespace motorcade
