#pragma once

#include "schema/base/result.hpp"

#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace motorcade {

/// A connector as a child process in a process group of its own, whose output
/// goes to named pipes. It dies with this process. The destructor kills the
/// rest of the group.
///
/// Thread-safe, except construction and destruction.
class child_process {
public:
  ~child_process();
  child_process(child_process&& other) noexcept;
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  /// Starts `command` (looked up in our PATH) with nothing but `environment`
  /// (`NAME=value`) in its environment, and nothing open but its standard
  /// streams. The child opens stderr first, then stdout, and waits until both
  /// are opened for reading. To be called before the process has other threads.
  /// @returns system_failed if no process can be made. A missing program shows
  /// as exit code 127.
  static result<child_process>
  start(const std::vector<std::string>& command, const std::string& stdout_pipe,
        const std::string& stderr_pipe,
        const std::vector<std::string>& environment);

  /// Waits for the end.
  /// @returns the exit code, or 128 and the signal that killed it.
  int wait() const;

  /// Waits for the end, for `longest` at most.
  /// @returns whether it came.
  bool wait_for(std::chrono::milliseconds longest) const;

  /// Sends a signal to the whole group, or to the rest of it.
  void signal(int number) const;

private:
  explicit child_process(pid_t id) : id_{id} {}

  /// The process's id. It is not reaped before the end, so that this id cannot
  /// become another process's meanwhile.
  pid_t id_;
};

/// Makes a directory that only this user can enter, below TMPDIR.
result<std::string> make_private_directory(const std::string& prefix);

/// Makes a named pipe.
result<void> make_fifo(const std::string& path);

} // namespace motorcade
