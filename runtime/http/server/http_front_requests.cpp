#include "runtime/base/clock.hpp"
#include "runtime/http/server/http_answer.hpp"
#include "runtime/http/server/http_front.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

// The handling of one connection; that of all of them is in `http_front.cpp`.

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The time that a client may go on sending after the whole answer.
constexpr auto last_patience = 1s;
/// The bytes that one connection may send before others have their turn.
constexpr size_t turn = 64 << 10;

void begin_log(http_connection& of) {
  of.start = http_connection::clock::now();
  of.id = make_uuid();
  of.method = of.path = "-";
  of.old_version = of.streamed = false;
}

} // namespace

void http_front::release(http_connection& of) {
  bodies_ -= std::exchange(of.share, 0);
}

void http_front::look_at(connection_ptr& of, short events) {
  if (of->now == phase::answer)
    return (events & (POLLERR | POLLNVAL)) != 0 ? drop(of, true) : send(of);
  // Bytes that have come are parsed before more are read: otherwise all
  // requests of a client that sends many at once would be held in memory.
  if (!of->pending)
    read(of);
}

void http_front::read(connection_ptr& of) {
  std::array<char, 16 << 10> bytes;
  for (size_t sum = 0; sum < turn;) {
    auto count = ::recv(of->fd(), bytes.data(), bytes.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (count <= 0)
      return drop(of, false);
    sum += static_cast<size_t>(count);
    if (of->now == phase::ending)
      continue;
    if (of->now == phase::head && !of->intake.begun() && of->requests > 0) {
      of->since = clock::now();
      of->until = of->since + settings_.head_time;
    }
    of->intake.add({bytes.data(), static_cast<size_t>(count)});
    advance(of);
    if (!of || of->now == phase::answer || of->pending)
      return;
  }
}

void http_front::advance(connection_ptr& of) {
  for (;;) {
    switch (of->intake.advance()) {
    case http_intake::progress::more:
      if (of->now == phase::body) {
        if (!count_body(*of))
          return refuse(of, 503, "too many bodies are under way");
        of->until =
            std::min(clock::now() + settings_.body_patience, of->body_until);
      }
      return;
    case http_intake::progress::head:
      if (!begin_request(of))
        return;
      break;
    case http_intake::progress::whole: {
      if (!count_body(*of))
        return refuse(of, 503, "too many bodies are under way");
      of->until = clock::time_point::max();
      auto fd = of->fd();
      {
        std::lock_guard lock{mutex_};
        away_.insert(fd);
      }
      if (back_.serve(of))
        return;
      {
        std::lock_guard lock{mutex_};
        away_.erase(fd);
      }
      return refuse(of, 503, "too many requests are under way");
    }
    case http_intake::progress::refused:
      if (of->now == phase::head)
        begin_log(*of);
      auto why = of->intake.refusal();
      return refuse(of, why.status, why.error);
    }
  }
}

bool http_front::begin_request(connection_ptr& of) {
  begin_log(*of);
  ++of->requests;
  const auto& head = of->intake.head();
  auto has_body = head.chunked || head.content_length > 0;
  of->id = request_id(head);
  of->method = head.method;
  of->old_version = head.old_version;
  of->close = of->requests >= settings_.requests || !head.keep_alive;
  if (!back_.admit(*of)) {
    // Reading an unwanted body costs more than a new connection.
    of->close = of->close || has_body;
    begin_answer(of);
    return false;
  }
  if (head.content_length > settings_.body)
    refuse(of, 413,
           "the body is larger than " + std::to_string(settings_.body)
               + " bytes");
  else if (has_body && bodies_ + head.content_length > settings_.bodies)
    refuse(of, 503, "too many bodies are under way");
  if (!of || of->now == phase::answer || of->now == phase::ending)
    return false;
  of->now = phase::body;
  of->body_until = clock::now() + settings_.body_time;
  // The few bytes fit into the socket's buffer; a client that does not read
  // them needs none.
  constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  if (has_body && head.expects_continue)
    std::ignore = ::send(of->fd(), go_on.data(), go_on.size(), MSG_NOSIGNAL);
  return true;
}

bool http_front::count_body(http_connection& of) {
  auto size = of.intake.body().size();
  bodies_ += size - of.share;
  of.share = size;
  return size == 0 || bodies_ <= settings_.bodies;
}

void http_front::refuse(connection_ptr& of, int status, std::string_view why) {
  of->reply = http_error(status, why);
  of->close = true;
  begin_answer(of);
}

void http_front::begin_answer(connection_ptr& of) {
  release(*of);
  of->close = of->close || stop_.up();
  of->now = phase::answer;
  of->until = clock::now() + settings_.write_time;
  of->out_head = answer_head(*of);
  of->out_body = of->method == "HEAD" ? "" : std::move(of->reply.body);
  of->reply.body = {};
  of->sent = 0;
  send(of);
}

void http_front::send(connection_ptr& of) {
  for (size_t turns = 0; of->unsent() > 0 && turns < 16; ++turns) {
    auto from_head = std::min(of->sent, of->out_head.size());
    auto from_body = of->sent - from_head;
    std::array<iovec, 2> parts{
        {{of->out_head.data() + from_head, of->out_head.size() - from_head},
         {of->out_body.data() + from_body, of->out_body.size() - from_body}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    auto count = ::sendmsg(of->fd(), &message, MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (count < 0)
      return drop(of, true);
    of->sent += static_cast<size_t>(count);
  }
  if (of->unsent() > 0)
    return;
  back_.say(*of, false);
  end_answer(of);
}

void http_front::end_answer(connection_ptr& of) {
  release(*of);
  of->out_head = of->out_body = {};
  if (of->close || stop_.up()) {
    of->now = phase::ending;
    of->until = clock::now() + last_patience;
    if (::shutdown(of->fd(), SHUT_WR) != 0)
      drop(of, false);
    return;
  }
  of->request = {};
  of->reply = {};
  of->intake.next();
  of->now = phase::head;
  of->since = clock::now();
  of->pending = of->intake.begun();
  of->until =
      of->since + (of->pending ? settings_.head_time : settings_.keep_alive);
}

void http_front::expire(connection_ptr& of) {
  switch (of->now) {
  case phase::head:
    if (!of->intake.begun())
      return drop(of, false);
    begin_log(*of);
    return refuse(of, 408, "the request came too slowly");
  case phase::body:
    return refuse(of, 408, "the body came too slowly");
  case phase::answer:
    return drop(of, true);
  case phase::ending:
    return drop(of, false);
  }
}

void http_front::drop(connection_ptr& of, bool cut) {
  release(*of);
  // A request whose body did not come is logged, too.
  if (cut || of->now == phase::body)
    back_.say(*of, true);
  of.reset();
}

} // namespace motorcade
