#pragma once

#include "schema/base/result.hpp"

namespace motorcade {

/// Opens /dev/null in place of stdin, stdout and stderr where they are closed:
/// a file or connection that is opened later would get the number, and what is
/// printed or logged would go there. It is opened for reading, so that what
/// cannot be written still fails. Comes first in each program.
void open_standard_files();

/// Hands all that was printed on stdout to the system.
/// @returns system_failed if some of it, now or before, could not be written.
result<void> flush_stdout();

/// Does so for a program that is about to end, with a line of log if it fails.
/// @returns the program's exit code: 1 in place of 0 if it failed.
int end_stdout(int code);

} // namespace motorcade
