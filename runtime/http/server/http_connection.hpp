#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/http/server/http_intake.hpp"
#include "runtime/http/server/http_server.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace motorcade {

/// A connection and the request on it. One thread has it at a time: the front
/// that reads and writes, or the worker that makes the answer.
struct http_connection {
  using clock = std::chrono::steady_clock;

  enum class phase : uint8_t {
    /// The head of a request is due.
    head,
    body,
    /// The answer is being sent.
    answer,
    /// The answer is sent. Bytes that still come are thrown away, so that a
    /// reset does not lose the end of the answer.
    ending,
  };

  /// @param limits Must outlive this.
  /// @param body_limit The most bytes of a body.
  http_connection(file_handle from, const http_head_limits& limits,
                  size_t body_limit)
      : socket{std::move(from)}, intake{limits, body_limit} {}

  /// @returns the socket's descriptor, which stays this object's.
  int fd() const { return socket.get(); }

  file_handle socket;
  http_intake intake;
  phase now = phase::head;
  clock::time_point since = clock::now();
  /// The time limit of the phase.
  clock::time_point until = clock::time_point::max();
  /// The time limit of a body as a whole.
  clock::time_point body_until = clock::time_point::max();
  /// Bytes have come that were not parsed yet.
  bool pending = false;
  /// The number of requests that were begun.
  size_t requests = 0;
  /// Bytes of the body that count among those of all bodies.
  size_t share = 0;

  // The request under way: its start and its id.
  clock::time_point start = clock::now();
  std::string id;
  /// For the log.
  std::string method = "-";
  std::string path = "-";
  http_request request;
  http_reply reply;
  /// The connection cannot serve another request.
  bool close = false;
  /// HTTP/1.0.
  bool old_version = false;

  /// Head and body of the answer; the body is moved here, not copied.
  std::string out_head;
  std::string out_body;
  /// The worker has sent the answer itself.
  bool streamed = false;
  /// The bytes sent of both together.
  size_t sent = 0;

  /// @returns the bytes of the answer that were not sent yet.
  size_t unsent() const { return out_head.size() + out_body.size() - sent; }
};

} // namespace motorcade
