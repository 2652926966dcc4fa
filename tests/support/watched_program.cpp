#include "support/watched_program.hpp"

#include "runtime/base/quiet_thread.hpp"
#include "support/spawned_program.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <stdexcept>

#include <csignal>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace motorcade::test {

namespace {

/// Reads what is there.
/// @returns false at the end.
bool read_some(int fd, std::string& to) {
  char bytes[65'536];
  auto got = ::read(fd, bytes, sizeof bytes);
  if (got > 0)
    to.append(bytes, static_cast<size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

/// @returns the largest resident set of a living process so far; 0 if it is
/// none any more.
uint64_t peak_memory(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmHWM:"))
      return std::stoull(line.substr(6)) * 1024;
  return 0;
}

} // namespace

watched_program::watched_program(
    const std::vector<std::string>& arguments,
    const std::map<std::string, std::string, std::less<>>& environment) {
  std::vector<std::string> pairs;
  for (const auto& [name, value] : environment)
    pairs.push_back(name + "=" + value);
  auto made = spawn_program(arguments, pairs);
  pid_ = made.pid;
  out_ = made.out;
  err_ = made.err;
  watcher_ = start_quiet_thread([this] { watch(); });
}

watched_program::~watched_program() {
  signal(SIGKILL);
  watcher_.join();
  ::close(out_);
  ::close(err_);
}

void watched_program::watch() {
  auto out = out_;
  auto err = err_;
  while (out >= 0 || err >= 0) {
    // A negative descriptor is passed over.
    pollfd readable[] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
    // What a process needed is gone with it: it is asked meanwhile.
    if (::poll(readable, 2, 20) < 0)
      continue;
    auto peak = peak_memory(pid_);
    std::string from_out;
    std::string from_err;
    if (readable[0].revents != 0 && !read_some(out, from_out))
      out = -1;
    if (readable[1].revents != 0 && !read_some(err, from_err))
      err = -1;
    std::lock_guard lock{mutex_};
    so_far_.out += from_out;
    so_far_.err += from_err;
    so_far_.peak_memory = std::max(so_far_.peak_memory, peak);
    changed_.notify_all();
  }
  // Its pid stays its own until we have looked at how it ended.
  siginfo_t info = {};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) < 0
         && errno == EINTR) {}
  std::lock_guard lock{mutex_};
  int status = 0;
  ::waitpid(pid_, &status, 0);
  so_far_.exit_code =
      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended_ = true;
  ended_at_ = clock::now();
  changed_.notify_all();
}

void watched_program::signal(int number) {
  std::lock_guard lock{mutex_};
  if (!ended_)
    ::kill(pid_, number);
}

bool watched_program::await(const std::string& text) const {
  std::unique_lock lock{mutex_};
  auto found = [&] {
    return so_far_.err.find(text) != std::string::npos
           || so_far_.out.find(text) != std::string::npos;
  };
  changed_.wait_for(lock, std::chrono::seconds{30},
                    [&] { return ended_ || found(); });
  return found();
}

bool watched_program::ended() const {
  std::lock_guard lock{mutex_};
  return ended_;
}

std::string watched_program::output() const {
  std::lock_guard lock{mutex_};
  return so_far_.out + so_far_.err;
}

program_result watched_program::finish(std::chrono::seconds limit) {
  std::unique_lock lock{mutex_};
  if (!changed_.wait_for(lock, limit, [&] { return ended_; }))
    throw std::runtime_error{"the program did not end in time; it said:\n"
                             + so_far_.out + so_far_.err};
  return so_far_;
}

} // namespace motorcade::test
