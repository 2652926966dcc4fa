#include "support/child_program.hpp"

#include "support/spawned_program.hpp"

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace motorcade::test {

namespace {

constexpr int patience_ms = 60'000;

void expect(bool went_well, const char* what, int code) {
  if (!went_well)
    throw std::runtime_error{std::string{what} + ": "
                             + std::generic_category().message(code)};
}

void close_fd(int& fd) {
  if (fd >= 0)
    ::close(fd);
  fd = -1;
}

} // namespace

child_program::child_program(const std::vector<std::string>& arguments) {
  auto made = spawn_program(arguments);
  pid_ = made.pid;
  out_ = made.out;
  err_ = made.err;
}

child_program::~child_program() {
  close_fd(out_);
  close_fd(err_);
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

bool child_program::read_some(int& fd, std::string& to) {
  char bytes[65'536];
  ssize_t got = ::read(fd, bytes, sizeof bytes);
  expect(got >= 0, "read", errno);
  to.append(bytes, static_cast<size_t>(got));
  if (got == 0)
    close_fd(fd);
  return got > 0;
}

void child_program::await_line() {
  while (ended_.out.find('\n') == std::string::npos) {
    pollfd readable{out_, POLLIN, 0};
    if (::poll(&readable, 1, patience_ms) != 1 || !read_some(out_, ended_.out))
      throw std::runtime_error{"the program wrote no line"};
  }
}

void child_program::await_full_pipe() {
  using clock = std::chrono::steady_clock;
  auto until = clock::now() + std::chrono::milliseconds{patience_ms};
  int capacity = ::fcntl(out_, F_GETPIPE_SZ);
  expect(capacity > 0, "F_GETPIPE_SZ", errno);
  for (int held = 0; held < capacity; ::sched_yield()) {
    expect(::ioctl(out_, FIONREAD, &held) == 0, "FIONREAD", errno);
    if (clock::now() > until)
      throw std::runtime_error{"the program did not fill its pipe"};
  }
}

void child_program::close_out() {
  close_fd(out_);
}

program_result child_program::finish() {
  while (out_ >= 0 || err_ >= 0) {
    pollfd readable[] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
    int ready = ::poll(readable, 2, patience_ms);
    if (ready < 0 && errno == EINTR)
      continue;
    if (ready < 1)
      throw std::runtime_error{"the program says and does nothing"};
    if (readable[0].revents != 0)
      read_some(out_, ended_.out);
    if (readable[1].revents != 0)
      read_some(err_, ended_.err);
  }
  int status = 0;
  expect(::waitpid(pid_, &status, 0) == pid_, "waitpid", errno);
  pid_ = -1;
  ended_.exit_code =
      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended_;
}

program_result run_program(const std::vector<std::string>& arguments) {
  return child_program{arguments}.finish();
}

} // namespace motorcade::test
