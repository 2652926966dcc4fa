#include "runtime/process/fork_steps.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>

namespace motorcade {

exec_words::exec_words(const kept_program& program) : program_{program} {
  arguments_.push_back(program_.path.data());
  for (auto& word : program_.arguments)
    arguments_.push_back(word.data());
  arguments_.push_back(nullptr);
  for (auto& pair : program_.environment)
    environment_.push_back(pair.data());
  environment_.push_back(nullptr);
}

char** exec_words::environment() const {
  // The words are this object's own, and no const ones.
  return const_cast<char**>(environment_.data());
}

void exec_words::execute() const {
  ::execve(program_.path.c_str(), arguments_.data(), environment_.data());
}

void lower_limit(int what, uint64_t soft, uint64_t hard) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource>(what), &now) != 0)
    return;
  // Only root may raise the hard limit.
  now.rlim_max = std::min<rlim_t>(now.rlim_max, hard);
  now.rlim_cur = std::min<rlim_t>(now.rlim_max, soft);
  ::setrlimit(static_cast<__rlimit_resource>(what), &now);
}

void put_text(const char* path, const char* text) {
  auto fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  [[maybe_unused]] auto n = ::write(fd, text, std::strlen(text));
  ::close(fd);
}

void send_number(int socket, int number) {
  char digits[8] = {};
  auto* at = digits + sizeof digits - 1;
  *--at = '\n';
  constexpr int base = 10;
  do {
    *--at = static_cast<char>('0' + number % base);
    number /= base;
  } while (number > 0);
  ::send(socket, at, std::strlen(at), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void kill_children_but(pid_t one, pid_t other, int number) {
  auto fd = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  char bytes[4096];
  pid_t pid = 0;
  for (ssize_t n = 0; (n = ::read(fd, bytes, sizeof bytes)) > 0;)
    for (ssize_t i = 0; i < n; ++i) {
      constexpr int base = 10;
      if (bytes[i] >= '0' && bytes[i] <= '9') {
        pid = pid * base + (bytes[i] - '0');
        continue;
      }
      if (pid > 0 && pid != one && pid != other)
        ::kill(pid, number);
      pid = 0;
    }
  ::close(fd);
}

int64_t monotonic_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
}

} // namespace motorcade
