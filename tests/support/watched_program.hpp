#pragma once

#include "support/child_program.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace motorcade::test {

/// A program under way whose stdout and stderr are read all the time, so that
/// it never waits for us. Throws std::system_error if the system refuses. A
/// program that still runs when the object dies is killed.
class watched_program {
public:
  using clock = std::chrono::steady_clock;

  /// Starts `arguments[0]` with the others as its arguments and with nothing
  /// but `environment` in its environment.
  watched_program(
      const std::vector<std::string>& arguments,
      const std::map<std::string, std::string, std::less<>>& environment);
  ~watched_program();
  watched_program(const watched_program&) = delete;
  watched_program& operator=(const watched_program&) = delete;

  pid_t pid() const noexcept { return pid_; }

  void signal(int number);

  /// Blocks until stdout or stderr holds the text.
  /// @returns false if the program ended or 30 s passed without it.
  bool await(const std::string& text) const;

  /// @returns whether the program has ended.
  bool ended() const;

  /// @returns what it said so far, stdout and stderr.
  std::string output() const;

  /// Waits for the end; throws std::runtime_error with all that the program
  /// said if it does not come in time.
  program_result finish(std::chrono::seconds limit = std::chrono::seconds{60});

  /// Precondition: it ended.
  clock::time_point ended_at() const { return ended_at_; }

private:
  void watch();

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::thread watcher_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  program_result so_far_;
  bool ended_ = false;
  clock::time_point ended_at_;
};

} // namespace motorcade::test
