#include "runtime/destination/mysql/connect_guard.hpp"

#include "runtime/base/quiet_thread.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

namespace motorcade {

using clock = std::chrono::steady_clock;

connect_guard::connect_guard(const interruption& stop, clock::time_point until)
    : thread_{start_quiet_thread([this, &stop, until] { run(stop, until); })} {}

connect_guard::~connect_guard() {
  over_.raise();
  thread_.join();
}

void connect_guard::watch(int socket) {
  std::lock_guard lock{mutex_};
  socket_ = file_handle{::fcntl(socket, F_DUPFD_CLOEXEC, 0)};
  if (ended_ && socket_)
    ::shutdown(socket_.get(), SHUT_RDWR);
}

void connect_guard::run(const interruption& stop, clock::time_point until) {
  pollfd fds[2] = {{over_.fd(), POLLIN, 0}, {stop.fd(), POLLIN, 0}};
  for (;;) {
    if (over_.raised())
      return;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
    if (stop.raised() || left.count() <= 0)
      break;
    ::poll(fds, 2, static_cast<int>(left.count()));
  }
  std::lock_guard lock{mutex_};
  ended_ = true;
  if (socket_)
    ::shutdown(socket_.get(), SHUT_RDWR);
}

} // namespace motorcade
