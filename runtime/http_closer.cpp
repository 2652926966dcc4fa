#include "runtime/http_closer.hpp"

#include "runtime/quiet_thread.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 1s;

/// Reads what is there.
/// @returns whether more may come.
bool drain(int fd) {
  std::array<char, 16 << 10> bytes;
  // One that sends without end must leave room for the others.
  for (int i = 0; i < 16; ++i) {
    auto count = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count == 0)
      return false;
    if (count < 0)
      return errno == EAGAIN || errno == EINTR;
  }
  return true;
}

} // namespace

http_closer::http_closer(size_t most)
    : most_{most}, thread_{start_quiet_thread([this] { run(); })} {}

http_closer::~http_closer() {
  {
    std::lock_guard lock{mutex_};
    over_ = true;
  }
  changed_.raise();
  thread_.join();
}

void http_closer::close(file_handle socket, std::string_view last_words) {
  if (!last_words.empty())
    std::ignore = ::send(socket.get(), last_words.data(), last_words.size(),
                         MSG_DONTWAIT | MSG_NOSIGNAL);
  if (::shutdown(socket.get(), SHUT_WR) != 0)
    return;
  {
    std::lock_guard lock{mutex_};
    if (count_ >= most_)
      return;
    ++count_;
    added_.push_back({std::move(socket), http_socket::clock::now() + patience});
  }
  changed_.raise();
}

void http_closer::run() {
  std::vector<ending> all;
  std::vector<pollfd> set;
  for (;;) {
    {
      std::lock_guard lock{mutex_};
      std::move(added_.begin(), added_.end(), std::back_inserter(all));
      added_.clear();
      count_ = all.size();
      if (over_ && all.empty())
        return;
    }
    set.assign(1, {changed_.fd(), POLLIN, 0});
    auto next = http_socket::clock::now() + 1h;
    for (const auto& one : all) {
      set.push_back({one.socket.get(), POLLIN, 0});
      next = std::min(next, one.until);
    }
    auto left = std::chrono::ceil<std::chrono::milliseconds>(
        next - http_socket::clock::now());
    std::ignore = ::poll(set.data(), set.size(),
                         static_cast<int>(std::max(left, 0ms).count()));
    changed_.lower();
    auto now = http_socket::clock::now();
    for (size_t i = 0; i < all.size(); ++i)
      if (all[i].until <= now
          || (set[i + 1].revents != 0 && !drain(all[i].socket.get())))
        all[i].socket = file_handle{};
    std::erase_if(all, [](const ending& one) { return !one.socket; });
  }
}

} // namespace motorcade
