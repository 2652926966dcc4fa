#include "runtime/destination/warehouse/interruption.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace motorcade {

interruption::interruption() : fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  if (fd_ < 0)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
}

interruption::~interruption() {
  ::close(fd_);
}

void interruption::raise() noexcept {
  raised_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

} // namespace motorcade
