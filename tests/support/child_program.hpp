#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace motorcade::test {

/// The exit code and output of a program.
struct program_result {
  /// As a shell would show it: 128 + the signal if one killed it.
  int exit_code = 0;
  std::string out;
  std::string err;
  /// The largest resident set in bytes that a watched program was seen with.
  uint64_t peak_memory = 0;
};

/// A program under way, its stdin empty, its stdout and stderr piped to us.
/// All members throw std::runtime_error if the system refuses or nothing
/// moves for a minute. A program that still runs when the object dies is
/// killed.
class child_program {
public:
  /// Starts `arguments[0]` with the others as its arguments.
  explicit child_program(const std::vector<std::string>& arguments);
  ~child_program();
  child_program(const child_program&) = delete;
  child_program& operator=(const child_program&) = delete;

  pid_t pid() const noexcept { return pid_; }

  /// Reads from its stdout until a whole line has come, and keeps all it reads
  /// for `finish`.
  void await_line();

  /// Returns once the pipe of its stdout holds all it can hold.
  void await_full_pipe();

  /// Closes our end of its stdout.
  void close_out();

  /// Reads all that is still to come and waits for the end.
  program_result finish();

private:
  bool read_some(int& fd, std::string& to);

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  program_result ended_;
};

/// Runs a program from start to end.
program_result run_program(const std::vector<std::string>& arguments);

} // namespace motorcade::test
