#include "runtime/metrics/metrics_exporter.hpp"

#include "runtime/base/file_handle.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"
#include "runtime/http/client/api_client.hpp"
#include "runtime/http/server/http_server.hpp"
#include "runtime/metrics/metric_formats.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The longest wait for receivers at the end.
constexpr auto last_words = 2s;

/// Sends datagrams by UDP. A receiver that is away is not noticed.
class statsd_socket {
public:
  /// @returns system_failed if the host has no address.
  static result<statsd_socket> open(const std::string& host, uint16_t port) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    auto code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(),
                              &wanted, &found);
    if (code != 0)
      return failure{ec::system_failed,
                     "StatsD at " + host + ": " + ::gai_strerror(code)};
    statsd_socket out;
    out.socket_ = file_handle{::socket(
        found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (out.socket_)
      std::ignore =
          ::connect(out.socket_.get(), found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
    return out;
  }

  void send(const std::string& datagram) const {
    std::ignore =
        ::send(socket_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL);
  }

private:
  file_handle socket_;
};

} // namespace

/// Pushes values to StatsD and OTLP. Its thread holds it, so that the process
/// can go on without a thread that hangs, e.g. in a name's resolution.
struct metrics_exporter::pusher {
  pusher(metrics_export_settings what, metric_board_ptr from)
      : settings{std::move(what)}, board{std::move(from)} {}

  void run() {
    std::unique_lock lock{mutex};
    while (!changed.wait_for(lock, settings.interval, [&] { return over; })) {
      lock.unlock();
      push();
      lock.lock();
    }
    lock.unlock();
    push();
    lock.lock();
    done = true;
    changed.notify_all();
  }

  void push() {
    auto samples = board->read();
    if (!settings.statsd_host.empty())
      push_statsd(samples);
    if (!settings.otlp_url.empty())
      push_otlp(samples);
    before = std::move(samples);
  }

  void push_statsd(const std::vector<metric_sample>& samples) {
    if (!statsd) {
      auto opened =
          statsd_socket::open(settings.statsd_host, settings.statsd_port);
      if (!opened) {
        say_once(opened.error().what);
        return;
      }
      statsd.emplace(std::move(*opened));
    }
    for (const auto& datagram : to_statsd(samples, before, board->tags()))
      statsd->send(datagram);
  }

  void push_otlp(const std::vector<metric_sample>& samples) {
    api_request request;
    request.method = "POST";
    request.url = settings.otlp_url;
    request.headers = {"Content-Type: application/json"};
    request.body = to_otlp(samples, board->tags(), start, utc_now());
    request.connect_timeout = 5s;
    request.answer_timeout = 5s;
    auto answer = client.send(request);
    if (!answer)
      say_once("OTLP at " + answer.error().what);
    else if (!answer->fine())
      say_once("OTLP at " + host_of(request.url) + " answered HTTP "
               + std::to_string(answer->status));
  }

  void say_once(const std::string& why) {
    if (!std::exchange(complained, true))
      log::warn("metrics are not taken (reported once): {}", why);
  }

  const metrics_export_settings settings;
  const metric_board_ptr board;
  const wall_time start = utc_now();
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  bool done = false;
  // The members below belong to the thread.
  std::vector<metric_sample> before;
  std::optional<statsd_socket> statsd;
  api_client client;
  bool complained = false;
};

namespace {

/// @returns the answer to `GET /metrics`.
http_reply show(const metric_board& board) {
  http_reply out;
  out.content_type = "text/plain; version=0.0.4; charset=utf-8";
  out.body = to_prometheus(board.read(), board.tags());
  out.routine = true;
  return out;
}

/// @returns the answer to all other requests.
std::optional<http_reply> refuse_others(const http_request& request) {
  if (request.segments != std::vector<std::string>{"metrics"})
    return http_error(404, "only /metrics is here");
  if (request.method != "GET")
    return http_error(405, "/metrics takes GET alone");
  return std::nullopt;
}

/// @returns a server of the board; null, with a line of log, if the port is not
/// available.
std::unique_ptr<http_server> serve(uint16_t port, metric_board_ptr board) {
  http_server_settings listening;
  listening.port = port;
  listening.connections = 16;
  listening.threads = 1;
  listening.waiting = 16;
  listening.keep_alive = 5s;
  listening.write_time = 5s;
  auto started = http_server::start(
      std::move(listening),
      {refuse_others, [board = std::move(board)](http_request&) {
         return show(*board);
       }});
  if (started)
    return std::move(*started);
  log::warn("port {} (METRICS_PORT) is not available, so metrics cannot be "
            "fetched: {}",
            port, started.error().what);
  return nullptr;
}

} // namespace

metrics_exporter::metrics_exporter(metrics_export_settings settings,
                                   metric_board_ptr board) {
  if (settings.port != 0)
    server_ = serve(settings.port, board);
  if (settings.statsd_host.empty() && settings.otlp_url.empty())
    return;
  pusher_ = std::make_shared<pusher>(std::move(settings), std::move(board));
  start_quiet_thread([pusher = pusher_] { pusher->run(); }).detach();
}

metrics_exporter::~metrics_exporter() {
  if (server_)
    server_->stop(last_words);
  if (!pusher_)
    return;
  std::unique_lock lock{pusher_->mutex};
  pusher_->over = true;
  pusher_->changed.notify_all();
  pusher_->changed.wait_for(lock, last_words, [&] { return pusher_->done; });
  pusher_->client.cancel();
}

} // namespace motorcade
