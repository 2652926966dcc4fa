#pragma once

#include "runtime/http/server/http_head.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A request, decoded.
struct http_request {
  std::string method;
  /// `/a/b%2Fc` is `a` and `b/c`; `/` is one empty segment. Any bytes.
  std::vector<std::string> segments;
  /// In the order of the URL. Any bytes.
  http_fields query;
  /// Names in lower case. Perhaps secret.
  http_fields headers;
  /// The header's value. Secret.
  std::string authorization;
  /// The header If-None-Match: the versions that the client has already.
  std::string if_none_match;
  /// Perhaps secret.
  std::string body;
  /// X-Request-Id, or one that was made.
  std::string id;
};

/// Takes an answer of unknown length.
class http_stream {
public:
  virtual ~http_stream() = default;

  /// @returns false if the client is gone or does not read.
  virtual bool write(std::string_view bytes) = 0;

  /// Blocks until the time is over.
  /// @returns false as soon as the client is gone or the server stops.
  virtual bool pause(std::chrono::milliseconds time) = 0;
};

/// An answer.
struct http_reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  /// Besides those that the server sets by itself, or in place of them.
  http_fields headers;
  /// Writes the body, in place of `body`, and returns at its end. If too many
  /// such answers are under way, 429 is answered instead.
  std::function<void(http_stream&)> stream;
  /// The request comes often, as from probes: its line in the log is of level
  /// DEBUG.
  bool routine = false;
};

/// @returns the answer `{"ok":false,"error":…,"code":…}`; 429 and 503 with a
/// `Retry-After`.
/// @param code A stable name of the error for programs, e.g. `no_such_task`;
/// empty: that of the status.
http_reply http_error(int status, std::string_view error,
                      std::string_view code = {});

/// @returns the name of a status for programs, e.g. `not_found`.
std::string_view error_code_of(int status);

/// The functions that answer requests. Both may be called by several threads at
/// once. An exception becomes 500, and its text is not sent to the client.
struct http_handlers {
  /// Called before the body is read; `body` is empty then. Must not block: all
  /// connections wait for it.
  /// @returns the answer if it can be given already: no such path, no token.
  std::function<std::optional<http_reply>(const http_request&)> admit;

  /// Makes the answer, in a thread that may block.
  std::function<http_reply(http_request&)> answer;
};

/// The address and the bounds of a server.
struct http_server_settings {
  std::string host = "0.0.0.0";
  /// 0: any that is free.
  uint16_t port = 0;
  http_head_limits head;
  size_t body = 10 << 20;
  /// The most bytes of all bodies that are read or answered at a time; 503
  /// beyond.
  size_t bodies = 48 << 20;
  /// The most bytes of all answers that were not sent yet; beyond, those that
  /// take longest are cut.
  size_t answers = 32 << 20;
  /// The most open connections. Beyond, those are closed first whose request
  /// has not come.
  size_t connections = 1024;
  /// The most requests that are answered at a time, a thread each, and that
  /// wait. The next is answered 503.
  size_t threads = 64;
  size_t waiting = 256;
  /// The most answers that are streams.
  size_t streams = 16;
  /// The most requests on one connection.
  size_t requests = 1000;
  /// The longest idle time between two requests.
  std::chrono::milliseconds keep_alive = std::chrono::seconds{15};
  /// The time limit of a head.
  std::chrono::milliseconds head_time = std::chrono::seconds{10};
  /// The time limits of a body: without progress, and as a whole.
  std::chrono::milliseconds body_patience = std::chrono::seconds{10};
  std::chrono::milliseconds body_time = std::chrono::seconds{60};
  /// The time limit for sending an answer; of a stream, for one write.
  std::chrono::milliseconds write_time = std::chrono::seconds{30};
  /// Query parameters whose values may stand in the log.
  std::set<std::string, std::less<>> logged;
};

/// An HTTP/1.1 server for untrusted clients: every size, time and number has
/// its limit, and every error is a JSON object. One thread reads all requests
/// and sends all answers, so that slow clients hold none of the threads that
/// make answers.
///
/// Each request is a line in the log: method, path, status, bytes,
/// milliseconds, id; nothing of its headers and its body.
class http_server {
public:
  /// Listens and serves, in threads of its own.
  /// @returns system_failed if the port is not available.
  static result<std::unique_ptr<http_server>>
  start(http_server_settings settings, http_handlers handlers);

  /// Stops.
  ~http_server();

  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// @returns the port that it listens on.
  uint16_t port() const;

  /// Takes no new requests, ends streams, lets the requests under way end
  /// within `grace` and then cuts the rest. Blocks until no handler runs.
  void stop(std::chrono::milliseconds grace = std::chrono::seconds{10});

private:
  class engine;

  explicit http_server(std::unique_ptr<engine> how);

  std::unique_ptr<engine> engine_;
};

} // namespace motorcade
