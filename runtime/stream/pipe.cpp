#include "runtime/stream/pipe.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace motorcade {

namespace {

/// A full pipe of that size takes a slab at once.
constexpr int wanted_pipe_bytes = 1 << 20;

} // namespace

void wait_readable(int fd, std::chrono::milliseconds longest) {
  pollfd waited{fd, POLLIN, 0};
  ::poll(&waited, 1, static_cast<int>(longest.count()));
}

pipe::~pipe() {
  close();
}

pipe::pipe(pipe&& other) noexcept {
  *this = std::move(other);
}

pipe& pipe::operator=(pipe&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(capacity_, other.capacity_);
  std::swap(is_fifo_, other.is_fifo_);
  std::swap(was_opened_, other.was_opened_);
  std::swap(ended_, other.ended_);
  return *this;
}

result<pipe> pipe::open(const std::string& path) {
  pipe out;
  out.fd_ = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);

  struct stat info {};

  if (out.fd_ < 0 || ::fstat(out.fd_, &info) != 0)
    return failure{ec::invalid_argument,
                   "cannot open " + path + ": " + std::strerror(errno)};
  if (S_ISDIR(info.st_mode))
    return failure{ec::invalid_argument, path + " is a directory, not a pipe"};
  out.is_fifo_ = S_ISFIFO(info.st_mode);
  out.was_opened_ = !out.is_fifo_;
  // Refused beyond the user's share of pipe memory; then the default serves.
  if (out.is_fifo_) {
    ::fcntl(out.fd_, F_SETPIPE_SZ, wanted_pipe_bytes);
    if (auto size = ::fcntl(out.fd_, F_GETPIPE_SZ); size > 0)
      out.capacity_ = static_cast<size_t>(size);
  }
  return out;
}

pipe::event pipe::wait(std::chrono::milliseconds longest) {
  if (ended_)
    return event::ended;
  pollfd waited{fd_, POLLIN, 0};
  if (::poll(&waited, 1, static_cast<int>(longest.count())) <= 0)
    return event::quiet;
  if ((waited.revents & POLLIN) != 0) {
    was_opened_ = true;
    return event::readable;
  }
  if ((waited.revents & (POLLHUP | POLLERR)) != 0) {
    // Linux reports this only after the other end was opened once.
    was_opened_ = true;
    ended_ = true;
    return event::ended;
  }
  return event::quiet;
}

result<size_t> pipe::read(char* to, size_t size) {
  for (;;) {
    auto n = ::read(fd_, to, size);
    if (n > 0) {
      was_opened_ = true;
      return static_cast<size_t>(n);
    }
    if (n == 0) {
      // A pipe without a writer reads as ended also before the first one came.
      ended_ = was_opened_;
      return size_t{0};
    }
    if (errno == EAGAIN) {
      was_opened_ = true;
      return size_t{0};
    }
    if (errno != EINTR)
      return failure{ec::system_failed, std::string{"reading the pipe failed: "}
                                            + std::strerror(errno)};
  }
}

void pipe::close() {
  if (fd_ >= 0)
    ::close(std::exchange(fd_, -1));
}

} // namespace motorcade
