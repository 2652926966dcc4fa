#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace motorcade::test {

/// A program that was started, and our ends of the pipes of its stdout and
/// stderr: all of it is the caller's to end and to close.
struct spawned_program {
  pid_t pid = -1;
  int out = -1;
  int err = -1;
};

/// Starts `arguments[0]` with the others as its arguments and an empty stdin.
/// Throws std::system_error if the system refuses.
/// @returns the program, with our environment and our habits as to signals.
spawned_program spawn_program(const std::vector<std::string>& arguments);

/// @param environment All of the program's, as `NAME=value`.
/// @returns the same with another environment, and with no signal held back or
/// ignored: our own habits must not hide what the program does about them.
spawned_program spawn_program(const std::vector<std::string>& arguments,
                              const std::vector<std::string>& environment);

} // namespace motorcade::test
