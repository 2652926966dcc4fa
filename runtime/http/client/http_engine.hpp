#pragma once

#include "runtime/stream/block.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace motorcade {

/// A POST whose body comes piece by piece.
struct http_upload {
  /// `http` or `https`.
  std::string url;
  /// Lines `Name: value` of printable ASCII.
  std::vector<std::string> headers;
  /// A row that makes the server drop the request, newline included. Empty:
  /// an aborted request is always cut off.
  std::string abort_row;
  /// The bytes that are handed to the system at once, and held for each
  /// transfer.
  size_t send_buffer_bytes = 128 << 10;
  /// Uses no proxy, even if the environment names one.
  bool direct = false;
  /// Bounds name resolution, connecting and the TLS handshake together.
  std::chrono::milliseconds connect_timeout{30'000};
  /// The longest time in which the server may take no byte, though there are
  /// some. Also bounds the pauses within an answer that has begun.
  std::chrono::milliseconds stall_timeout{60'000};
  /// The longest time from the end of the body to an answer.
  std::chrono::milliseconds response_timeout{1'200'000};
  /// The longest time to an answer to an aborted request.
  std::chrono::milliseconds abort_timeout{5'000};
};

/// The end of an exchange.
enum class http_end : uint8_t {
  /// The server's status came; if it is 2xx, after the whole body.
  answered,
  /// The server answered 2xx before it had the whole body.
  answered_early,
  /// No answer: no connection, a broken one, a stall.
  unreachable,
  /// The request cannot be made, or the server's certificate is not trusted.
  refused,
  /// The exchange was aborted here.
  cancelled,
};

/// The answer to a request.
struct http_answer {
  http_end end = http_end::unreachable;
  /// The HTTP status; 0: none came.
  long status = 0;
  /// The first 64 KiB of the answer's body; the first 1 MiB of an object of
  /// JSON that comes with 2xx.
  std::string body;
  /// The connection broke or stalled before the end of the body; `reason` says
  /// how. A body of over 1 MiB that we stopped reading is not meant.
  bool is_cut = false;
  /// The header `Location`.
  std::string location;
  /// The header `Retry-After`.
  std::string retry_after;
  /// The reason if there is no answer, or it is cut; one line.
  std::string reason;
};

using http_handler = std::function<void(http_answer)>;

class http_core;
class http_exchange;

/// The body of an exchange under way. Thread-safe; no member blocks. Copies
/// refer to the same exchange.
class http_body {
public:
  /// @param exchange Not null.
  explicit http_body(std::shared_ptr<http_exchange> exchange);

  /// Appends to the body. The block is let go when its bytes are copied to the
  /// connection's buffer. Ignored after `finish`, `abort` and the end.
  void write(block_ptr rows);

  /// Ends the body: it is complete.
  void finish();

  /// Drops the request. If the connection is up and the body has not ended, the
  /// row under way is completed, `abort_row` is sent and the body ends;
  /// otherwise the connection is cut. A request that was wholly sent before may
  /// take effect all the same.
  void abort();

  /// Does what `abort` does, unless `finish` was called.
  void abandon();

private:
  std::shared_ptr<http_exchange> exchange_;
};

/// Runs any number of uploads on one thread of its own. Connections are kept
/// and used again. The thread sleeps while there is nothing to send and
/// nothing to receive, and has all signals blocked.
///
/// SSL_CERT_FILE and SSL_CERT_DIR (a colon-separated list of directories with
/// hashed names) replace the system's certificate authorities; they are read
/// when the engine is made.
class http_engine {
public:
  /// Throws std::runtime_error or std::system_error if the system gives no file
  /// descriptors or threads.
  http_engine();

  /// Cuts off the exchanges under way and calls each handler. If it is
  /// destroyed from within a handler, no further handler is called.
  ~http_engine();

  http_engine(const http_engine&) = delete;
  http_engine& operator=(const http_engine&) = delete;

  /// Starts an exchange. `done` is called exactly once, on the engine's
  /// thread; it must neither block nor throw.
  http_body post(http_upload request, http_handler done);

private:
  std::shared_ptr<http_core> core_;
  std::thread thread_;
};

} // namespace motorcade
