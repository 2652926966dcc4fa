#pragma once

#include "runtime/base/file_handle.hpp"

#include <openssl/ssl.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade::support {

/// The head of a request as a server sees it.
struct request_head {
  std::string method;
  /// Without the query, still percent-encoded.
  std::string path;
  /// Decoded, in the order of the URL.
  std::vector<std::pair<std::string, std::string>> query;
  /// Names in lower case.
  std::map<std::string, std::string> headers;

  /// @returns the first value of a query parameter, or an empty string.
  std::string query_value(std::string_view name) const;

  std::string header(const std::string& name) const;
};

/// A server's side of one connection, plain or with TLS: reads requests bit by
/// bit, and knows how to misbehave.
class http_wire {
public:
  using clock = std::chrono::steady_clock;

  /// @param context TLS is spoken if it is given.
  /// @param stop_fd Polls readable when the server stops; reading then ends.
  http_wire(file_handle socket, SSL_CTX* context, int stop_fd);

  /// @returns false if the TLS handshake failed.
  bool handshake();

  /// @returns nothing at the connection's end or if it is no HTTP.
  std::optional<request_head> read_head();

  /// Hands over the body piece by piece, until `take` returns false.
  /// @returns whether the body's end was reached.
  bool read_body(const request_head& head, clock::time_point deadline,
                 const std::function<bool(std::string_view)>& take);

  bool send(std::string_view bytes);

  /// Blocks until the peer or the server gives up, reading nothing.
  void wait_for_end();

  /// Closes the connection so that the peer gets a reset.
  void reset();

  /// Ends our side, and reads on until the peer has ended its, so that it is
  /// not reset while an answer is under way.
  void linger();

private:
  bool fill();
  std::optional<std::string> read_line();
  bool take_bytes(size_t count,
                  const std::function<bool(std::string_view)>& take);
  bool wait(short events);

  file_handle socket_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, &SSL_free};
  SSL_CTX* context_;
  int stop_fd_;
  clock::time_point deadline_ = clock::time_point::max();
  std::string buffer_;
  size_t used_ = 0;
};

/// A key and a self-signed certificate for localhost, made anew.
struct tls_identity {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{nullptr,
                                                            &SSL_CTX_free};
  /// The certificate as PEM.
  std::string certificate;
};

/// Throws std::runtime_error if OpenSSL fails.
tls_identity make_tls_identity();

} // namespace motorcade::support
