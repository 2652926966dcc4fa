#include "runtime/http_server.hpp"

#include "runtime/clock.hpp"
#include "runtime/http_closer.hpp"
#include "runtime/http_socket.hpp"
#include "runtime/http_worker_pool.hpp"
#include "runtime/quiet_thread.hpp"
#include "runtime/text.hpp"
#include "schema/json_view.hpp"

#include <httplib.h>
#include <spdlog/spdlog.h>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <typeinfo>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

using clock = http_socket::clock;

constexpr int backlog = 1024;
constexpr size_t most_endings = 1024;

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 64
         && std::all_of(text.begin(), text.end(), [](char c) {
              return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                     || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
            });
}

/// @returns the client's id for its request, or a new one.
std::string request_id(const http_head& head) {
  auto given = head.header("x-request-id");
  auto once = std::count_if(head.headers.begin(), head.headers.end(),
                            [](const auto& header) {
                              return header.first == "x-request-id";
                            })
              == 1;
  return once && is_request_id(given) ? std::string{given} : make_uuid();
}

/// A request on its way from the head to the line in the log.
struct exchange {
  exchange(http_socket& from, const poll_flag& stops,
           std::chrono::milliseconds most)
      : socket{from}, stop{stops}, write_time{most} {}

  http_socket& socket;
  const poll_flag& stop;
  std::chrono::milliseconds write_time;
  clock::time_point start = clock::now();
  http_head head;
  std::string id;
  /// For the log.
  std::string path = "-";
  http_reply reply;
  /// Nobody is there to be answered.
  bool gone = false;
  /// The connection cannot serve another request.
  bool close = false;
  /// There may be bytes of this request that were not read.
  bool unread = false;
  /// The answer was not written as a whole.
  bool cut = false;
  size_t bytes = 0;
};

/// What cpp-httplib is to answer in this thread.
thread_local exchange* current = nullptr;

/// What cpp-httplib reads and writes: it is given the plainest of requests,
/// whatever the client has sent.
class plain_stream : public httplib::Stream {
public:
  explicit plain_stream(exchange& at)
      : at_{at},
        text_{at.head.method == "HEAD" ? "HEAD / HTTP/1.1\r\n\r\n"
                                       : "GET / HTTP/1.1\r\n\r\n"},
        until_{clock::now() + at.write_time} {}

  bool is_readable() const override { return true; }

  bool is_writable() const override { return at_.socket.alive(); }

  ssize_t read(char* to, size_t size) override {
    auto count = text_.copy(to, size);
    text_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, size_t size) override {
    if (at_.reply.stream)
      until_ = clock::now() + at_.write_time;
    if (at_.cut || !at_.socket.write({from, size}, until_)) {
      at_.cut = true;
      return -1;
    }
    at_.bytes += size;
    return static_cast<ssize_t>(size);
  }

  void get_remote_ip_and_port(std::string&, int&) const override {}

  void get_local_ip_and_port(std::string&, int&) const override {}

  // Not the real one: cpp-httplib has no need of it.
  socket_t socket() const override { return INVALID_SOCKET; }

private:
  exchange& at_;
  std::string_view text_;
  clock::time_point until_;
};

class chunk_stream : public http_stream {
public:
  chunk_stream(exchange& at, httplib::DataSink& sink) : at_{at}, sink_{sink} {}

  bool write(std::string_view bytes) override {
    // None would end the answer.
    return bytes.empty()
           || (sink_.write(bytes.data(), bytes.size()) && !at_.cut);
  }

  bool pause(std::chrono::milliseconds time) override {
    return !at_.cut && at_.socket.pause(time, at_.stop);
  }

private:
  exchange& at_;
  httplib::DataSink& sink_;
};

/// Never says what was thrown: that may quote a request.
void log_exception(const std::string& id, const char* type) {
  spdlog::error("http request {}: an exception of the type {}", id, type);
}

/// Calls `f`.
/// @returns false where it threw.
template <class F>
bool survive(const std::string& id, F&& f) {
  try {
    f();
    return true;
  } catch (const std::exception& thrown) {
    log_exception(id, typeid(thrown).name());
  } catch (...) {
    log_exception(id, "unknown");
  }
  return false;
}

std::string as_text(const http_reply& reply, const std::string& id) {
  std::string out = "HTTP/1.1 " + std::to_string(reply.status)
                    + (reply.status == 503 ? " Service Unavailable" : " Error")
                    + "\r\nContent-Type: " + reply.content_type
                    + "\r\nContent-Length: " + std::to_string(reply.body.size())
                    + "\r\nConnection: close\r\nX-Request-Id: " + id + "\r\n";
  for (const auto& [name, value] : reply.headers)
    out += name + ": " + value + "\r\n";
  return out + "\r\n" + reply.body;
}

void fill_response(exchange& at, httplib::Response& response) {
  auto& reply = at.reply;
  response.status = reply.status;
  response.set_header("X-Request-Id", at.id);
  response.set_header("Cache-Control", "no-store");
  response.set_header("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : reply.headers)
    response.set_header(name, value);
  if (!reply.stream) {
    response.set_content(reply.body, reply.content_type);
    return;
  }
  auto provide = [&at](size_t, httplib::DataSink& sink) {
    chunk_stream to{at, sink};
    if (!survive(at.id, [&] { at.reply.stream(to); }))
      at.cut = true;
    if (at.cut)
      return false;
    sink.done();
    return true;
  };
  // HTTP/1.0 knows no chunks: there the connection's end is the answer's.
  if (at.head.old_version)
    response.set_content_provider(reply.content_type, provide);
  else
    response.set_chunked_content_provider(reply.content_type, provide);
}

} // namespace

http_reply http_error(int status, std::string_view error) {
  http_reply out;
  out.status = status;
  out.body = R"({"ok":false,"error":)" + encode_json_string(error) + "}";
  if (status == 429 || status == 503)
    out.headers.emplace_back("Retry-After", "5");
  return out;
}

/// cpp-httplib's server with our own way to serve a connection.
class http_server::engine : public httplib::Server {
public:
  engine(http_server_settings settings, http_handlers handlers)
      : settings_{std::move(settings)}, handlers_{std::move(handlers)} {
    new_task_queue = [this] {
      return new http_worker_pool{settings_.threads, settings_.waiting,
                                  pressure_};
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
  }

  bool reopen() {
    spdlog::warn("http: port {} is opened anew", port_);
    return open();
  }

  bool process_and_close_socket(socket_t fd) override {
    file_handle handle{fd};
    if (http_worker_pool::is_refusing() || stop_.up()) {
      auto id = make_uuid();
      spdlog::info("http - - 503 0B 0.0ms {}", id);
      closer_.close(std::move(handle),
                    as_text(http_error(503, "too many connections"), id));
      return true;
    }
    http_socket socket{std::move(handle)};
    {
      std::lock_guard lock{mutex_};
      live_.insert(fd);
    }
    auto unread = true;
    try {
      unread = serve(socket);
    } catch (const std::exception& thrown) {
      log_exception("-", typeid(thrown).name());
    }
    {
      std::lock_guard lock{mutex_};
      live_.erase(fd);
    }
    changed_.notify_all();
    if (unread || socket.has_more())
      closer_.close(socket.release(), {});
    return true;
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
      exchange at{socket, stop_, settings_.write_time};
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
  bool read(exchange& at) {
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

  static void refuse(exchange& at, const http_refusal& why) {
    at.reply = http_error(why.status, why.error);
    at.close = at.unread = true;
  }

  void decide(exchange& at) {
    auto target = parse_http_target(at.head.target);
    at.path = loggable(at.head.target, target);
    if (!target)
      return refuse(at, {400, "the target is not percent-encoded properly"});
    http_request request;
    request.method = at.head.method;
    request.segments = std::move(target->segments);
    request.query = std::move(target->query);
    request.authorization = at.head.header("authorization");
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
    if (has_body && !read_body(at, request.body))
      return;
    at.reply = handlers_.answer(request);
    if (at.reply.stream)
      take_stream(at);
  }

  bool read_body(exchange& at, std::string& body) {
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
  void take_stream(exchange& at) {
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

  void write(exchange& at) {
    plain_stream stream{at};
    current = &at;
    bool closed = false;
    auto fine = false;
    survive(at.id,
            [&] { fine = process_request(stream, at.close, closed, nullptr); });
    current = nullptr;
    // A stream that the stop kept from its end is not whole, either.
    at.cut = at.cut || !fine;
    at.close = at.close || (at.reply.stream && stop_.up());
    at.reply.stream = nullptr;
  }

  /// @returns the target as it may stand in the log: still encoded, and without
  /// values that nobody said to be harmless.
  std::string loggable(std::string_view target,
                       const std::optional<http_target>& parsed) const {
    constexpr size_t longest = 1000;
    auto mark = std::min(target.find('?'), target.size());
    std::string out{target.substr(0, mark)};
    if (parsed)
      for (size_t i = 0; i < parsed->query.size(); ++i) {
        const auto& [name, value] = parsed->query[i];
        auto known = settings_.logged.contains(name);
        out += (i == 0 ? '?' : '&') + percent_encode(name) + '='
               + (known ? percent_encode(value) : "***");
      }
    if (out.size() > longest)
      out = out.substr(0, longest) + "...";
    return out;
  }

  static void say(const exchange& at) {
    auto taken =
        std::chrono::duration<double, std::milli>(clock::now() - at.start);
    spdlog::info("http {} {} {}{} {}B {:.1f}ms {}",
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
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<int> live_;
  http_closer closer_{most_endings};
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
