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

/// What a client asked, decoded.
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
  /// The header If-None-Match: which answers the client has already.
  std::string if_none_match;
  /// Perhaps secret.
  std::string body;
  /// X-Request-Id, or one that was made.
  std::string id;
};

/// Where an answer of unknown length goes.
class http_stream {
public:
  virtual ~http_stream() = default;

  /// @returns false where the client is gone or does not read.
  virtual bool write(std::string_view bytes) = 0;

  /// Blocks until the time is over.
  /// @returns false as soon as the client is gone or the server stops.
  virtual bool pause(std::chrono::milliseconds time) = 0;
};

/// What a client is answered.
struct http_reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  /// Besides those that the server sets by itself, or in place of them.
  http_fields headers;
  /// Writes the body, in place of `body`, and returns at its end. Where too
  /// many such answers are under way, 429 is answered instead.
  std::function<void(http_stream&)> stream;
  /// Asked for all the time, as by probes: its line in the log is of level
  /// DEBUG.
  bool routine = false;
};

/// @returns the answer `{"ok":false,"error":…}`; 429 and 503 with a
/// `Retry-After`.
http_reply http_error(int status, std::string_view error);

/// What the server serves. Both may be called at once; what they throw becomes
/// 500 and is not told to the client.
struct http_handlers {
  /// Asked before the body is read, which is empty then. Must not block: all
  /// connections wait for it.
  /// @returns the answer where it can be given already: no such path, no token.
  std::function<std::optional<http_reply>(const http_request&)> admit;
  std::function<http_reply(http_request&)> answer;
};

struct http_server_settings {
  std::string host = "0.0.0.0";
  /// 0: any that is free.
  uint16_t port = 0;
  http_head_limits head;
  size_t body = 10 << 20;
  /// All bodies that are read or answered at a time; 503 beyond.
  size_t bodies = 48 << 20;
  /// What all answers that were not sent yet may take; where it is more, those
  /// are cut first that take longest.
  size_t answers = 32 << 20;
  /// Connections that are open at a time. Where there are more, those go first
  /// whose request has not come.
  size_t connections = 1024;
  /// Requests that are answered at a time, a thread each, and that wait. The
  /// next is answered 503.
  size_t threads = 64;
  size_t waiting = 256;
  /// Answers that are streams.
  size_t streams = 16;
  /// Requests on one connection.
  size_t requests = 1000;
  /// How long a connection may idle between two requests.
  std::chrono::milliseconds keep_alive = std::chrono::seconds{15};
  /// How long a head may take.
  std::chrono::milliseconds head_time = std::chrono::seconds{10};
  /// How long a body may make no progress, and take as a whole.
  std::chrono::milliseconds body_patience = std::chrono::seconds{10};
  std::chrono::milliseconds body_time = std::chrono::seconds{60};
  /// How long a client may take for an answer; of a stream, for one write.
  std::chrono::milliseconds write_time = std::chrono::seconds{30};
  /// Query parameters whose values may stand in the log.
  std::set<std::string, std::less<>> logged;
};

/// An HTTP/1.1 server that trusts nobody: every size, time and number has its
/// limit, and every error is a JSON object. One thread reads all requests and
/// sends all answers, so that slow clients hold none of those that make
/// answers.
///
/// Each request is a line in the log: method, path, status, bytes,
/// milliseconds, id; of its headers and its body there is nothing.
class http_server {
public:
  /// Listens and serves, in threads of its own.
  /// @returns system_failed where the port cannot be had.
  static result<std::unique_ptr<http_server>>
  start(http_server_settings settings, http_handlers handlers);

  /// Stops.
  ~http_server();

  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  uint16_t port() const;

  /// Takes no new requests, ends streams, lets the requests under way end and
  /// cuts the connections of those that did not by then. Blocks until no
  /// handler runs.
  void stop(std::chrono::milliseconds grace = std::chrono::seconds{10});

private:
  class engine;

  explicit http_server(std::unique_ptr<engine> how);

  std::unique_ptr<engine> engine_;
};

} // namespace motorcade
