#include "runtime/http/server/http_server.hpp"

#include "runtime/base/log.hpp"
#include "runtime/http/server/http_answer.hpp"
#include "runtime/http/server/http_front.hpp"
#include "runtime/http/server/http_socket.hpp"
#include "runtime/http/server/http_worker_pool.hpp"

#include <array>
#include <atomic>
#include <cstdio>

namespace motorcade {

namespace {

using clock = http_connection::clock;

/// Writes an answer of unknown length to a connection, in its worker's thread.
class direct_stream final : public http_stream {
public:
  direct_stream(http_connection& to, const poll_flag& stop,
                std::chrono::milliseconds write_time)
      : to_{to}, stop_{stop}, write_time_{write_time} {
    send(answer_head(to));
  }

  bool write(std::string_view bytes) override {
    // An empty chunk would end the answer.
    if (bytes.empty())
      return !cut_;
    if (to_.old_version)
      return send(bytes);
    std::array<char, 20> size{};
    auto count =
        std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
    return send({size.data(), static_cast<size_t>(count)}) && send(bytes)
           && send("\r\n");
  }

  bool pause(std::chrono::milliseconds time) override {
    return !cut_ && pause_socket(to_.fd(), time, stop_);
  }

  /// Marks the answer as whole, unless it was cut.
  /// @returns whether it is.
  bool end() {
    if (!to_.old_version)
      send("0\r\n\r\n");
    return !cut_;
  }

private:
  bool send(std::string_view bytes) {
    cut_ = cut_ || !write_socket(to_.fd(), bytes, clock::now() + write_time_);
    if (!cut_)
      to_.sent += bytes.size();
    return !cut_;
  }

  http_connection& to_;
  const poll_flag& stop_;
  const std::chrono::milliseconds write_time_;
  bool cut_ = false;
};

} // namespace

class http_server::engine final : public http_back {
public:
  engine(http_server_settings settings, http_handlers handlers)
      : settings_{std::move(settings)}, handlers_{std::move(handlers)} {}

  result<void> start() { return front_.start(); }

  void end(std::chrono::milliseconds grace) {
    front_.stop(grace);
    pool_.finish();
  }

  uint16_t port() const { return front_.port(); }

  bool admit(http_connection& from) override {
    auto fine = false;
    if (!survive(from.id, [&] { fine = begin(from); })) {
      from.reply = http_error(500, "internal error");
      from.close = true;
    }
    return fine;
  }

  bool serve(std::unique_ptr<http_connection>& from) override {
    return pool_.offer(from);
  }

  void say(const http_connection& of, bool cut) override {
    auto taken =
        std::chrono::duration<double, std::milli>(clock::now() - of.start);
    auto level = of.reply.routine ? log_level::debug : log_level::info;
    auto gone = cut && of.out_head.empty() && !of.streamed;
    log::write_at(level, "http {} {} {}{} {}B {:.1f}ms {}", of.method, of.path,
                  gone ? 0 : of.reply.status, cut ? " (cut)" : "", of.sent,
                  taken.count(), of.id);
  }

private:
  /// @returns false if the connection has its reply already.
  bool begin(http_connection& from) {
    const auto& head = from.intake.head();
    auto target = parse_http_target(head.target);
    from.path = loggable(head.target, target, settings_.logged);
    if (!target) {
      from.reply =
          http_error(400, "the target is not percent-encoded properly");
      from.close = true;
      return false;
    }
    auto& request = from.request;
    request.method = head.method;
    request.segments = std::move(target->segments);
    request.query = std::move(target->query);
    request.headers = head.headers;
    request.authorization = head.header("authorization");
    request.if_none_match = head.header("if-none-match");
    request.id = from.id;
    auto early = handlers_.admit(request);
    if (early)
      from.reply = std::move(*early);
    return !early;
  }

  void work(std::unique_ptr<http_connection> on) {
    on->request.body = std::move(on->intake.body());
    if (!survive(on->id, [&] { on->reply = handlers_.answer(on->request); })) {
      on->reply = http_error(500, "internal error");
      on->close = true;
    }
    on->request = {};
    front_.release(*on);
    if (on->reply.stream && streams_.fetch_add(1) >= settings_.streams) {
      --streams_;
      on->reply = http_error(429, "too many streams are open");
    }
    if (!on->reply.stream)
      return front_.answer(std::move(on));
    stream(*on);
    front_.finish(std::move(on));
  }

  void stream(http_connection& on) {
    on.close = on.close || on.old_version || front_.stopping().up();
    on.sent = 0;
    on.streamed = true;
    direct_stream to{on, front_.stopping(), settings_.write_time};
    auto empty = on.method == "HEAD";
    auto whole =
        empty || (survive(on.id, [&] { on.reply.stream(to); }) && to.end());
    // Its captured objects are released with it.
    on.reply.stream = nullptr;
    --streams_;
    on.close = on.close || !whole || front_.stopping().up();
    say(on, !whole);
    // The front goes on from this phase.
    on.now = http_connection::phase::ending;
  }

  const http_server_settings settings_;
  const http_handlers handlers_;
  std::atomic<size_t> streams_ = 0;
  http_front front_{settings_, *this};
  http_worker_pool pool_{settings_.threads, settings_.waiting,
                         [this](std::unique_ptr<http_connection> on) {
                           work(std::move(on));
                         }};
};

http_server::http_server(std::unique_ptr<engine> how)
    : engine_{std::move(how)} {}

http_server::~http_server() {
  stop();
}

result<std::unique_ptr<http_server>>
http_server::start(http_server_settings settings, http_handlers handlers) {
  auto where = settings.host + ':' + std::to_string(settings.port);
  auto made =
      std::make_unique<engine>(std::move(settings), std::move(handlers));
  if (auto ok = made->start(); !ok)
    return failure{ec::system_failed,
                   "cannot listen on " + where + ": " + ok.error().what};
  return std::unique_ptr<http_server>{new http_server{std::move(made)}};
}

uint16_t http_server::port() const {
  return engine_->port();
}

void http_server::stop(std::chrono::milliseconds grace) {
  engine_->end(grace);
}

} // namespace motorcade
