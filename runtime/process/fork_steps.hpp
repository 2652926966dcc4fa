#pragma once

#include "runtime/process/task_keeper.hpp"

#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace motorcade {

// What a process may do between its fork and an exec. It is a copy of a process
// that had other threads, whose locks may be held by nobody for ever: these
// functions make system calls alone, take no memory and lock nothing.

/// The exit code of a process that could not become its program, as a shell's.
inline constexpr int cannot_run = 127;

/// A program's words as execve wants them, made before the fork.
class exec_words {
public:
  /// Copies the program's words, so this needs memory.
  explicit exec_words(const kept_program& program);

  exec_words(const exec_words&) = delete;
  exec_words& operator=(const exec_words&) = delete;

  /// @returns whether there is a program at all.
  bool named() const { return !program_.path.empty(); }

  /// @returns the folder to run the program in.
  const char* folder() const { return program_.folder.c_str(); }

  /// @returns the program's environment, as `environ` is.
  char** environment() const;

  /// Becomes the program; returns only if that fails, with errno.
  void execute() const;

private:
  kept_program program_;
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
};

/// Lowers a limit of this process (RLIMIT_…); a lower limit stays.
void lower_limit(int what, uint64_t soft, uint64_t hard);

/// Writes a text to an existing file; a failure is ignored.
void put_text(const char* path, const char* text);

/// Sends a number and a line end as one packet; a failure is ignored.
/// @param number Not negative, at most 999,999.
void send_number(int socket, int number);

/// Sends a signal to all children of this thread but `one` and `other`.
void kill_children_but(pid_t one, pid_t other, int number);

/// @returns the time of a clock that never jumps, in milliseconds.
int64_t monotonic_ms();

} // namespace motorcade
