#include "support/watched_program.hpp"

#include "runtime/base/quiet_thread.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace motorcade::test {

namespace {

void expect(bool went_well, const char* what, int code) {
  if (!went_well)
    throw std::system_error{code, std::generic_category(), what};
}

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
  int out[2];
  int err[2];
  expect(::pipe2(out, O_CLOEXEC) == 0, "pipe", errno);
  expect(::pipe2(err, O_CLOEXEC) == 0, "pipe", errno);
  out_ = out[0];
  err_ = err[0];
  std::vector<char*> argv;
  for (const auto& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<std::string> pairs;
  for (const auto& [name, value] : environment)
    pairs.push_back(name + "=" + value);
  std::vector<char*> envp;
  for (auto& pair : pairs)
    envp.push_back(pair.data());
  envp.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  // Our own habits must not hide what the program does about its signals.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t usual;
  sigemptyset(&usual);
  posix_spawnattr_setsigmask(&attributes, &usual);
  sigaddset(&usual, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  auto code = ::posix_spawn(&pid_, argv[0], &actions, &attributes, argv.data(),
                            envp.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  ::close(out[1]);
  ::close(err[1]);
  if (code != 0) {
    ::close(out_);
    ::close(err_);
  }
  expect(code == 0, argv[0], code);
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
