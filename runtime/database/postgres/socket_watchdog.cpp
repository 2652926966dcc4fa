#include "runtime/database/postgres/socket_watchdog.hpp"

#include "runtime/base/quiet_thread.hpp"

#include <fcntl.h>
#include <sys/socket.h>

namespace motorcade {

socket_watchdog::watch::watch(socket_watchdog& by, int socket,
                              clock::time_point until)
    : by_{by}, socket_{socket} {
  std::lock_guard lock{by_.mutex_};
  if (!by_.thread_.joinable())
    by_.thread_ = start_quiet_thread([&dog = by_] { dog.run(); });
  place_ = by_.watched_.emplace(until, this);
  if (place_ == by_.watched_.begin())
    by_.changed_.notify_one();
}

socket_watchdog::watch::~watch() {
  std::lock_guard lock{by_.mutex_};
  if (!barked_)
    by_.watched_.erase(place_);
}

bool socket_watchdog::watch::barked() const {
  std::lock_guard lock{by_.mutex_};
  return barked_;
}

socket_watchdog& socket_watchdog::shared() {
  static socket_watchdog only;
  return only;
}

socket_watchdog::~socket_watchdog() {
  {
    std::lock_guard lock{mutex_};
    over_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable())
    thread_.join();
}

void socket_watchdog::run() {
  std::unique_lock lock{mutex_};
  while (!over_) {
    if (watched_.empty()) {
      changed_.wait(lock);
      continue;
    }
    auto next = watched_.begin();
    if (next->first > clock::now()) {
      changed_.wait_until(lock, next->first);
      continue;
    }
    // The watch, and so the socket, cannot go while the lock is held.
    next->second->barked_ = true;
    ::shutdown(next->second->socket_, SHUT_RDWR);
    watched_.erase(next);
  }
}

file_handle same_socket(int socket) {
  return file_handle{::fcntl(socket, F_DUPFD_CLOEXEC, 0)};
}

} // namespace motorcade
