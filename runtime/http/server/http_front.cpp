#include "runtime/http/server/http_front.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"
#include "runtime/http/server/http_answer.hpp"

#include <malloc.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// Connections that are taken before others have their turn.
constexpr int most_accepted = 64;

/// @returns the rank in which connections are closed if there are too many; 0:
/// this one is not.
int dispensable(const http_connection& one) {
  switch (one.now) {
  case http_connection::phase::ending:
    return 3;
  case http_connection::phase::head:
    return one.intake.begun() ? 1 : 2;
  default:
    return 0;
  }
}

} // namespace

result<void> http_front::start() {
  if (auto ok = listener_.open(settings_.host, settings_.port); !ok)
    return ok;
  thread_ = start_quiet_thread([this] { run(); });
  return {};
}

void http_front::answer(connection_ptr of) {
  of->now = phase::answer;
  finish(std::move(of));
}

void http_front::finish(connection_ptr of) {
  {
    std::lock_guard lock{mutex_};
    away_.erase(of->fd());
    returned_.push_back(std::move(of));
  }
  wake_.raise();
}

void http_front::stop(std::chrono::milliseconds grace) {
  if (!thread_.joinable())
    return;
  {
    std::lock_guard lock{mutex_};
    stop_at_ = clock::now() + grace;
  }
  stop_.raise();
  wake_.raise();
  thread_.join();
}

void http_front::run() {
  while (!is_done()) {
    auto events = poll_all();
    // The connections that were polled are served before others are added to
    // them.
    if (events > 0)
      for (size_t i = 0; i < ready_.size(); ++i)
        if (ready_[i] != 0 && all_[i])
          look_at(all_[i], ready_[i]);
    // One request of each connection is served, so that all have their turn.
    for (auto& one : all_)
      if (one && std::exchange(one->pending, false))
        advance(one);
    auto now = clock::now();
    for (auto& one : all_)
      if (one && one->until <= now)
        expire(one);
    take_returned();
    if (stop_.up())
      close_for_stop();
    else if (listener_ready_)
      accept_all();
    bound_answers();
    std::erase_if(all_, [](const connection_ptr& one) { return !one; });
    give_back_memory();
  }
}

void http_front::give_back_memory() {
  constexpr size_t crowd = 64;
  most_open_ = std::max(most_open_, all_.size());
  if (most_open_ < crowd || all_.size() > most_open_ / 4)
    return;
  most_open_ = all_.size();
  ::malloc_trim(0);
}

int http_front::poll_all() {
  std::vector<pollfd> set;
  set.reserve(all_.size() + 2);
  auto now = clock::now();
  auto next = now + 1h;
  for (const auto& one : all_) {
    auto sends = one->now == phase::answer;
    auto wanted = static_cast<short>(sends          ? POLLOUT
                                     : one->pending ? 0
                                                    : POLLIN);
    set.push_back({one->fd(), wanted, 0});
    next = one->pending ? now : std::min(next, one->until);
  }
  auto waits = listen_again_ > now;
  if (waits)
    next = std::min(next, listen_again_);
  set.push_back({wake_.fd(), POLLIN, 0});
  // poll ignores a negative descriptor.
  set.push_back({waits ? -1 : listener_.fd(), POLLIN, 0});
  {
    std::lock_guard lock{mutex_};
    if (stop_at_ && !cut_all_)
      next = std::min(next, *stop_at_);
  }
  auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now);
  auto count = ::poll(set.data(), set.size(),
                      static_cast<int>(std::max(left, 0ms).count()));
  wake_.lower();
  listener_ready_ = count > 0 && set.back().revents != 0;
  ready_.clear();
  for (size_t i = 0; i < all_.size(); ++i)
    ready_.push_back(count > 0 ? set[i].revents : short{0});
  return count;
}

void http_front::take_returned() {
  std::vector<connection_ptr> taken;
  {
    std::lock_guard lock{mutex_};
    taken.swap(returned_);
  }
  for (auto& one : taken) {
    auto& place = all_.emplace_back(std::move(one));
    if (place->now == phase::answer)
      begin_answer(place);
    else
      end_answer(place);
  }
}

bool http_front::is_done() {
  std::lock_guard lock{mutex_};
  return stop_at_ && all_.empty() && returned_.empty() && away_.empty()
         && listener_.fd() < 0;
}

void http_front::close_for_stop() {
  listener_.close();
  std::lock_guard lock{mutex_};
  auto over = stop_at_ && clock::now() >= *stop_at_;
  for (auto& one : all_)
    if (one && (over || one->now == phase::head))
      drop(one, one->now == phase::answer);
  if (!over || cut_all_)
    return;
  cut_all_ = true;
  for (auto fd : away_)
    ::shutdown(fd, SHUT_RDWR);
}

void http_front::accept_all() {
  // Clients that connect without end must leave time for those that are
  // connected.
  for (int i = 0; i < most_accepted; ++i) {
    auto error = 0;
    auto socket = listener_.accept(error);
    if (!socket) {
      if (error == EAGAIN || error == EINTR || error == ECONNABORTED)
        return;
      if (error == EMFILE || error == ENFILE || error == ENOBUFS
          || error == ENOMEM) {
        // The lack of descriptors ends, at the latest when a connection does.
        if (!make_room())
          listen_again_ = clock::now() + 100ms;
        return;
      }
      auto done = listener_.open(settings_.host, settings_.port);
      log::warn("http: port {} {}", port(),
                done ? std::string{"was opened anew"}
                     : "cannot be opened anew: " + done.error().what);
      listen_again_ = done ? clock::now() : clock::now() + 1s;
      return;
    }
    auto most = settings_.connections;
    if (all_.size() >= most && !make_room()) {
      turn_away(socket);
      continue;
    }
    auto& one = all_.emplace_back(std::make_unique<http_connection>(
        std::move(socket), settings_.head, settings_.body));
    one->until = one->since + settings_.head_time;
    // The request of a new connection has often come already.
    read(one);
    std::erase_if(all_, [](const connection_ptr& it) { return !it; });
  }
}

bool http_front::make_room() {
  connection_ptr* first = nullptr;
  for (auto& one : all_)
    if (one && dispensable(*one) > 0
        && (first == nullptr
            || std::pair{-dispensable(*one), one->since}
                   < std::pair{-dispensable(**first), (*first)->since}))
      first = &one;
  if (first == nullptr)
    return false;
  drop(*first, false);
  std::erase_if(all_, [](const connection_ptr& one) { return !one; });
  return true;
}

void http_front::turn_away(const file_handle& from) {
  http_connection nobody{file_handle{}, settings_.head, settings_.body};
  nobody.id = make_uuid();
  nobody.reply = http_error(503, "too many connections");
  nobody.close = true;
  back_.say(nobody, false);
  auto text = answer_head(nobody) + nobody.reply.body;
  std::ignore = ::send(from.get(), text.data(), text.size(), MSG_NOSIGNAL);
  ::shutdown(from.get(), SHUT_WR);
}

void http_front::bound_answers() {
  size_t sum = 0;
  for (const auto& one : all_)
    sum += one ? one->unsent() : 0;
  while (sum > settings_.answers) {
    // The slowest answer is the one that has had the most time.
    connection_ptr* slowest = nullptr;
    for (auto& one : all_)
      if (one && one->now == phase::answer && one->unsent() > 0
          && (slowest == nullptr || one->until < (*slowest)->until))
        slowest = &one;
    if (slowest == nullptr)
      return;
    sum -= (*slowest)->unsent();
    drop(*slowest, true);
  }
}

} // namespace motorcade
