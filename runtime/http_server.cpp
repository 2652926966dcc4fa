#include "runtime/http_server.hpp"

#include "runtime/clock.hpp"
#include "runtime/http_closer.hpp"
#include "runtime/http_socket.hpp"
#include "runtime/http_transaction.hpp"
#include "runtime/http_worker_pool.hpp"
#include "runtime/quiet_thread.hpp"

#include <httplib.h>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

using clock = http_socket::clock;

constexpr int backlog = 1024;
constexpr size_t most_endings = 1024;

constexpr std::string_view last_chunk = "0\r\n\r\n";

/// What cpp-httplib is to answer in this thread.
thread_local http_transaction* current = nullptr;

/// Runs each task at once, in the thread that accepts: ours only hands the
/// connection on.
class inline_queue : public httplib::TaskQueue {
public:
  void enqueue(std::function<void()> task) override { task(); }

  void shutdown() override {}
};

} // namespace

/// cpp-httplib's server with our own way to serve a connection.
class http_server::engine : public httplib::Server {
public:
  engine(http_server_settings settings, http_handlers handlers)
      : settings_{std::move(settings)}, handlers_{std::move(handlers)} {
    new_task_queue = [] {
      return new inline_queue;
    };
    set_socket_options([this](socket_t fd) {
      // Not SO_REUSEPORT, as cpp-httplib has it: two servers would share a port
      // without a word.
      int yes = 1;
      ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
      listener_ = fd;
    });
    set_pre_routing_handler(
        [](const httplib::Request&, httplib::Response& response) {
          fill_response(*current, response);
          return HandlerResponse::Handled;
        });
    set_post_routing_handler(
        [](const httplib::Request&, httplib::Response& response) {
          // It would speak of limits that are not ours.
          response.headers.erase("Keep-Alive");
          response.headers.erase("Connection");
          response.set_header("Connection",
                              current->close ? "close" : "keep-alive");
        });
  }

  bool open() {
    auto wanted = port_ != 0 ? port_ : settings_.port;
    if (wanted != 0) {
      if (!bind_to_port(settings_.host, wanted))
        return false;
      port_ = wanted;
    } else {
      auto got = bind_to_any_port(settings_.host);
      if (got <= 0)
        return false;
      port_ = static_cast<uint16_t>(got);
    }
    // cpp-httplib's backlog is 5.
    return ::listen(listener_, backlog) == 0;
  }

  void run() {
    thread_ = start_quiet_thread([this] { accept_all(); });
    // Before that `stop` would do nothing.
    while (!is_running() && !given_up_)
      std::this_thread::yield();
  }

  void end(std::chrono::milliseconds grace) {
    if (!thread_.joinable())
      return;
    stop_.raise();
    stopping_ = true;
    // It may be about to listen anew.
    while (!is_running() && !given_up_)
      std::this_thread::yield();
    if (!given_up_)
      stop();
    {
      std::unique_lock lock{mutex_};
      changed_.wait_for(lock, grace, [this] { return live_.empty(); });
      for (auto fd : live_)
        ::shutdown(fd, SHUT_RDWR);
    }
    thread_.join();
  }

  uint16_t port() const { return port_; }

private:
  void accept_all() {
    while (!stopping_) {
      listen_after_bind();
      // cpp-httplib gives its socket up at errors that pass, e.g. where the
      // system has no file descriptors for a moment.
      while (!stopping_ && !reopen()) {
        pollfd set{stop_.fd(), POLLIN, 0};
        ::poll(&set, 1, 1000);
      }
    }
    given_up_ = true;
    pool_.finish();
  }

  bool reopen() {
    auto done = open();
    spdlog::warn("http: port {} {}", port_,
                 done ? "was opened anew" : "cannot be opened anew");
    return done;
  }

  bool process_and_close_socket(socket_t fd) override {
    // Before anybody may start a process.
    std::ignore = ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    file_handle connection{fd};
    if (!pool_.offer(connection))
      turn_away(std::move(connection), "too many connections");
    return true;
  }

  void turn_away(file_handle connection, std::string_view why) {
    auto id = make_uuid();
    spdlog::info("http - - 503 0B 0.0ms {}", id);
    closer_.close(std::move(connection), to_text(http_error(503, why), id));
  }

  void take(file_handle connection) {
    if (stop_.up())
      return turn_away(std::move(connection), "the server stops");
    http_socket socket{std::move(connection)};
    auto fd = socket.fd();
    {
      std::lock_guard lock{mutex_};
      live_.insert(fd);
    }
    auto unread = true;
    survive("-", [&] { unread = serve(socket); });
    {
      std::lock_guard lock{mutex_};
      live_.erase(fd);
    }
    changed_.notify_all();
    // What nobody reads would reset the connection, and the answer with it.
    if (unread
        || socket.await_bytes(clock::now(), stop_, nullptr)
               == http_socket::outcome::done)
      closer_.close(socket.release(), {});
  }

  /// @returns whether the client may still be sending.
  bool serve(http_socket& socket) {
    for (size_t count = 1;; ++count) {
      // What has just come may have its first request under way.
      auto first = count == 1;
      auto patience = first ? settings_.head_time : settings_.keep_alive;
      if (socket.await_bytes(clock::now() + patience, stop_,
                             first ? nullptr : &pressure_)
          != http_socket::outcome::done)
        return false;
      http_transaction at{socket, stop_, settings_.write_time};
      at.close = count >= settings_.requests;
      if (!read(at))
        return false;
      if (!at.gone)
        write(at);
      say(at);
      if (at.gone || at.cut || at.close)
        return at.unread;
    }
  }

  /// Reads a request and makes its reply.
  /// @returns false where there was none.
  bool read(http_transaction& at) {
    std::string text;
    auto got = at.socket.read_head(settings_.head,
                                   clock::now() + settings_.head_time, text);
    at.start = clock::now();
    if (got == http_socket::outcome::gone)
      return false;
    auto parsed = got == http_socket::outcome::late
                      ? std::variant<http_head, http_refusal>{http_refusal{
                          408, "the request came too slowly"}}
                  : got == http_socket::outcome::too_much
                      ? too_much(text)
                      : parse_http_head(text, settings_.head);
    if (const auto* no = std::get_if<http_refusal>(&parsed)) {
      at.id = make_uuid();
      refuse(at, *no);
      return true;
    }
    at.head = std::move(std::get<http_head>(parsed));
    at.id = request_id(at.head);
    if (!survive(at.id, [&] { decide(at); })) {
      at.reply = http_error(500, "internal error");
      // Whether the body was read is not known.
      at.close = at.unread = true;
    }
    at.close = at.close || !at.head.keep_alive || stop_.up() || pressure_.up()
               || (at.head.old_version && at.reply.stream);
    return true;
  }

  std::variant<http_head, http_refusal> too_much(std::string_view text) const {
    if (text.substr(0, settings_.head.request_line).find('\n')
        == std::string_view::npos)
      return http_refusal{414, "the target is too long"};
    return http_refusal{431, "the headers are too large"};
  }

  static void refuse(http_transaction& at, const http_refusal& why) {
    at.reply = http_error(why.status, why.error);
    at.close = at.unread = true;
  }

  void decide(http_transaction& at) {
    auto target = parse_http_target(at.head.target);
    at.path = loggable(at.head.target, target, settings_.logged);
    if (!target)
      return refuse(at, {400, "the target is not percent-encoded properly"});
    http_request request;
    request.method = at.head.method;
    request.segments = std::move(target->segments);
    request.query = std::move(target->query);
    request.headers = at.head.headers;
    request.authorization = at.head.header("authorization");
    request.if_none_match = at.head.header("if-none-match");
    request.id = at.id;
    auto has_body = at.head.chunked || at.head.content_length > 0;
    if (auto early = handlers_.admit(request)) {
      at.reply = std::move(*early);
      // Reading a body for nobody is dearer than a new connection.
      if (has_body)
        at.close = at.unread = true;
      return;
    }
    if (at.head.content_length > settings_.body)
      return refuse(at, {413, "the body is larger than "
                                  + std::to_string(settings_.body) + " bytes"});
    // A body in chunks may become as large as any.
    byte_share share{bodies_,
                     at.head.chunked ? settings_.body : at.head.content_length};
    if (share.total > settings_.bodies)
      return refuse(at, {503, "too many bodies are under way"});
    if (has_body && !read_body(at, request.body))
      return;
    at.reply = handlers_.answer(request);
    if (at.reply.stream)
      take_stream(at);
  }

  bool read_body(http_transaction& at, std::string& body) {
    if (at.head.expects_continue)
      std::ignore = at.socket.write("HTTP/1.1 100 Continue\r\n\r\n",
                                    clock::now() + settings_.write_time);
    std::string error;
    switch (
        at.socket.read_body(at.head, settings_.body, settings_.body_patience,
                            clock::now() + settings_.body_time, body, error)) {
    case http_socket::outcome::done:
      if (error.empty())
        return true;
      refuse(at, {400, error});
      break;
    case http_socket::outcome::too_much:
      refuse(at, {413, "the body is larger than "
                           + std::to_string(settings_.body) + " bytes"});
      break;
    case http_socket::outcome::late:
      refuse(at, {408, "the body came too slowly"});
      break;
    default:
      at.gone = true;
    }
    return false;
  }

  /// Makes the reply one of the bounded number of streams.
  void take_stream(http_transaction& at) {
    if (streams_.fetch_add(1) >= settings_.streams) {
      --streams_;
      at.reply = http_error(429, "too many streams are open");
      return;
    }
    // Given back when the reply is gone, whatever becomes of it.
    std::shared_ptr<void> place{nullptr, [this](void*) {
                                  --streams_;
                                }};
    at.reply.stream = [run = std::move(at.reply.stream),
                       place](http_stream& to) {
      run(to);
    };
  }

  void write(http_transaction& at) {
    http_plain_stream stream{at};
    current = &at;
    bool closed = false;
    auto fine = false;
    survive(at.id,
            [&] { fine = process_request(stream, at.close, closed, nullptr); });
    current = nullptr;
    // cpp-httplib begins no stream once it stops, but its head is out already.
    if (at.reply.stream && fine && !at.cut && !at.begun)
      stream.write(last_chunk.data(),
                   at.head.old_version ? 0 : last_chunk.size());
    at.cut = at.cut || !fine;
    at.close = at.close || (at.reply.stream && stop_.up());
    at.reply.stream = nullptr;
  }

  static void say(const http_transaction& at) {
    auto taken =
        std::chrono::duration<double, std::milli>(clock::now() - at.start);
    auto level = at.reply.routine ? spdlog::level::debug : spdlog::level::info;
    spdlog::log(level, "http {} {} {}{} {}B {:.1f}ms {}",
                at.head.method.empty() ? "-" : at.head.method, at.path,
                at.gone ? 0 : at.reply.status,
                at.gone || at.cut ? " (cut)" : "", at.bytes, taken.count(),
                at.id);
  }

  const http_server_settings settings_;
  const http_handlers handlers_;
  uint16_t port_ = 0;
  int listener_ = -1;
  poll_flag stop_;
  poll_flag pressure_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> given_up_ = false;
  std::atomic<size_t> streams_ = 0;
  std::atomic<size_t> bodies_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<int> live_;
  http_closer closer_{most_endings};
  http_worker_pool pool_{settings_.threads, settings_.waiting, pressure_,
                         [this](file_handle connection) {
                           take(std::move(connection));
                         }};
  std::thread thread_;
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
  if (!made->open())
    return failure{ec::system_failed, where + " cannot be listened at"};
  made->run();
  return std::unique_ptr<http_server>{new http_server{std::move(made)}};
}

uint16_t http_server::port() const {
  return engine_->port();
}

void http_server::stop(std::chrono::milliseconds grace) {
  engine_->end(grace);
}

} // namespace motorcade
