#include "runtime/stream/pipe.hpp"

#include "runtime/base/found_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
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

result<pipe> pipe::open(const std::string& path) {
  auto opened = open_found_pipe(path);
  if (!opened)
    return failure{ec::invalid_argument, opened.error().what};
  pipe out;
  out.fd_ = std::move(*opened);
  // The kernel refuses this beyond the user's share of pipe memory; then the
  // default size is used.
  ::fcntl(out.fd_.get(), F_SETPIPE_SZ, wanted_pipe_bytes);
  if (auto size = ::fcntl(out.fd_.get(), F_GETPIPE_SZ); size > 0)
    out.capacity_ = static_cast<size_t>(size);
  return out;
}

pipe::event pipe::wait(std::chrono::milliseconds longest) {
  if (ended_)
    return event::ended;
  pollfd waited{fd_.get(), POLLIN, 0};
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
    auto n = ::read(fd_.get(), to, size);
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

uint64_t pipe::unread() const {
  int bytes = 0;
  return ::ioctl(fd_.get(), FIONREAD, &bytes) == 0 && bytes > 0
             ? static_cast<uint64_t>(bytes)
             : 0;
}

} // namespace motorcade
