#pragma once

#include "schema/base/result.hpp"

namespace motorcade {

/// Hands all that was printed on stdout to the system.
/// @returns system_failed if some of it, now or before, could not be written.
result<void> flush_stdout();

/// Does so for a program that is about to end, with a line of log if it fails.
/// @returns the program's exit code: 1 in place of 0 if it failed.
int end_stdout(int code);

} // namespace motorcade
