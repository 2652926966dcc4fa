#include "runtime/process/orphans.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace motorcade {

namespace {

namespace fs = std::filesystem;

/// Children belong to the thread that forked or adopted them.
std::vector<pid_t> children() {
  std::vector<pid_t> out;
  std::error_code failed;
  for (const auto& thread : fs::directory_iterator{"/proc/self/task", failed}) {
    std::ifstream file{thread.path() / "children"};
    for (pid_t pid = 0; file >> pid;)
      out.push_back(pid);
  }
  return out;
}

} // namespace

void adopt_orphans() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

bool end_orphans(const std::set<pid_t>& kept,
                 std::chrono::milliseconds patience) {
  auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto left = false;
    for (auto pid : children()) {
      if (kept.contains(pid))
        continue;
      left = true;
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, WNOHANG);
    }
    if (!left || std::chrono::steady_clock::now() >= until)
      return !left;
    ::poll(nullptr, 0, 1);
  }
}

} // namespace motorcade
