#include "runtime/base/byte_window.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace motorcade {

byte_window::byte_window(size_t limit, size_t wake_below)
    : limit_{limit},
      wake_below_{std::min(limit, wake_below)},
      wake_fd_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {
  if (wake_fd_ < 0)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
}

byte_window::~byte_window() {
  ::close(wake_fd_);
}

void byte_window::drain() noexcept {
  uint64_t count = 0;
  // EAGAIN means that the descriptor is not readable already.
  [[maybe_unused]] auto n = ::read(wake_fd_, &count, sizeof(count));
}

void byte_window::take(size_t bytes) noexcept {
  auto now = used_.fetch_add(bytes, std::memory_order_acq_rel) + bytes;
  auto peak = peak_.load(std::memory_order_relaxed);
  while (now > peak
         && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed))
    ;
}

void byte_window::give(size_t bytes) noexcept {
  auto before = used_.fetch_sub(bytes, std::memory_order_acq_rel);
  if (before < wake_below_ || before - bytes >= wake_below_)
    return;
  uint64_t one = 1;
  // EAGAIN means that the counter is full, so the reader is woken anyway.
  [[maybe_unused]] auto n = ::write(wake_fd_, &one, sizeof(one));
}

} // namespace motorcade
