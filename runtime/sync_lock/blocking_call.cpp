#include "runtime/sync_lock/blocking_call.hpp"

#include "runtime/base/file_handle.hpp"
#include "runtime/base/quiet_thread.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <system_error>

namespace motorcade {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds interrupt_pause{20};

/// @returns whether one of the two is readable before the time is over.
bool await_either(int first, int second, std::chrono::milliseconds longest) {
  const auto begin = clock::now();
  for (;;) {
    const auto left = longest
                      - std::chrono::duration_cast<std::chrono::milliseconds>(
                          clock::now() - begin);
    const auto time = std::clamp<std::chrono::milliseconds::rep>(
        left.count(), 0, std::numeric_limits<int>::max());
    std::array<pollfd, 2> seen = {{{first, POLLIN, 0}, {second, POLLIN, 0}}};
    const auto found = ::poll(seen.data(), seen.size(), static_cast<int>(time));
    if (found > 0)
      return true;
    if (time == 0 || (found < 0 && errno != EINTR))
      return false;
  }
}

} // namespace

void make_blocking_call(const std::function<void()>& call,
                        const std::function<void(pthread_t)>& interrupt,
                        std::chrono::milliseconds longest, int stop) {
  file_handle done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!done)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
  auto thread = start_quiet_thread([&] {
    call();
    // The write cannot fail: nothing else writes to the counter.
    ::eventfd_write(done.get(), 1);
  });
  await_either(done.get(), stop, longest);
  while (!await_either(done.get(), -1, std::chrono::milliseconds{0})) {
    interrupt(thread.native_handle());
    await_either(done.get(), -1, interrupt_pause);
  }
  thread.join();
}

bool is_readable(int descriptor) {
  return await_either(descriptor, -1, std::chrono::milliseconds{0});
}

} // namespace motorcade
