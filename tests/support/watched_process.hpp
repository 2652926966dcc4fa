#pragma once

#include <catch2/catch_all.hpp>

#include <poll.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace motorcade::test {

/// A process that is not our child, whatever becomes of its number.
class watched_process {
public:
  /// Precondition: it runs.
  explicit watched_process(pid_t pid)
      : pid_{pid}, fd_{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))} {
    REQUIRE(fd_ >= 0);
  }

  ~watched_process() { ::close(fd_); }

  watched_process(const watched_process&) = delete;
  watched_process& operator=(const watched_process&) = delete;

  pid_t pid() const { return pid_; }

  /// @returns whether it ended within half a minute; whoever has to may not
  /// have reaped it yet.
  bool await_end() const {
    pollfd waited{fd_, POLLIN, 0};
    return ::poll(&waited, 1, 30'000) == 1;
  }

private:
  pid_t pid_;
  int fd_;
};

/// @returns the number of a process's parent; 0: there is none of that number.
inline pid_t parent_of(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string word; file >> word;)
    if (word == "PPid:") {
      pid_t out = 0;
      file >> out;
      return out;
    }
  return 0;
}

} // namespace motorcade::test
