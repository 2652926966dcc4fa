#include "bench/played_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace motorcade::bench {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error{what + ": " + std::strerror(errno)};
}

double to_seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

/// @returns a descriptor that is readable once the process has ended.
file_handle open_end(pid_t id) {
  file_handle out{static_cast<int>(::syscall(SYS_pidfd_open, id, 0))};
  if (!out)
    fail("pidfd_open");
  return out;
}

/// @returns what a shell would say of the end of a child that has ended, which
/// is left to be waited for.
int exit_code_of(pid_t id) {
  siginfo_t end = {};
  if (::waitid(P_PID, static_cast<id_t>(id), &end, WEXITED | WNOWAIT) != 0)
    fail("waitid");
  return end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
}

} // namespace

pid_t start_program(const std::vector<std::string>& command,
                    const std::map<std::string, std::string>& variables,
                    int out_fd) {
  std::vector<std::string> texts;
  texts.reserve(variables.size());
  for (const auto& [name, value] : variables)
    texts.push_back(name + "=" + value);
  std::vector<char*> environment;
  environment.reserve(texts.size() + 1);
  for (auto& text : texts)
    environment.push_back(text.data());
  environment.push_back(nullptr);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const auto& word : command)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  auto id = ::fork();
  if (id < 0)
    fail("fork");
  if (id == 0) {
    if (out_fd >= 0)
      ::dup2(out_fd, STDOUT_FILENO);
    ::execvpe(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
  return id;
}

uint64_t peak_memory(pid_t id) {
  std::ifstream file{"/proc/" + std::to_string(id) + "/status"};
  auto own_name = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Name:"))
      own_name = line.find("replay") == std::string::npos;
    if (own_name && line.starts_with("VmHWM:"))
      return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

uint64_t watch_memory(pid_t id) {
  uint64_t peak = 0;
  const auto end = open_end(id);
  pollfd waited{end.get(), POLLIN, 0};
  do
    peak = std::max(peak, peak_memory(id));
  while (::poll(&waited, 1, 20) == 0);
  return peak;
}

std::vector<file_handle> open_for_writing(const std::vector<std::string>& paths,
                                          pid_t reader,
                                          const std::string& program) {
  const auto end = open_end(reader);
  pollfd waited{end.get(), POLLIN, 0};
  std::vector<file_handle> out(paths.size());
  for (;;) {
    auto all = true;
    for (size_t i = 0; i < paths.size(); ++i) {
      if (out[i])
        continue;
      out[i] = file_handle{
          ::open(paths[i].c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK)};
      if (!out[i] && errno != ENXIO)
        fail("opening a pipe");
      if (out[i])
        ::fcntl(out[i].get(), F_SETFL, 0);
      all = all && out[i];
    }
    if (all)
      return out;
    // Nothing tells that a FIFO is about to be opened: so this waits for the
    // child's end, and tries again each millisecond.
    if (::poll(&waited, 1, 1) > 0)
      throw std::runtime_error{
          program + " ended with " + std::to_string(exit_code_of(reader))
          + " before it opened its pipes (127: it is not there, or cannot be "
            "run)"};
  }
}

rusage wait_for_end(pid_t id, int& status, double& cpu) {
  rusage used{};
  while (::wait4(id, &status, 0, &used) < 0)
    if (errno != EINTR)
      fail("wait4");
  cpu = to_seconds(used.ru_utime) + to_seconds(used.ru_stime);
  return used;
}

} // namespace motorcade::bench
