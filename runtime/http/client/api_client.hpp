#pragma once

#include "runtime/http/client/object_store.hpp"
#include "schema/base/result.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The certificates of a connection by `https`. Empty texts: the system's
/// authorities are trusted, and no certificate of ours is shown.
struct tls_identity {
  /// PEM.
  std::string authorities;
  /// PEM; both or none. The key is secret.
  std::string certificate;
  std::string key;
  /// The other side's certificate is not checked.
  bool insecure = false;
  /// The name in the certificate; empty: the URL's host.
  std::string server_name;
};

/// The body of a request that is too large to be held: read bit by bit, and
/// from its beginning again if libcurl sends it again.
struct api_body {
  uint64_t size = 0;
  /// The SHA-256 of all of it as 64 hexadecimal digits.
  std::string sha256;
  /// Puts bytes from an offset on into a buffer.
  /// @returns how many, up to `room`; 0 if they cannot be read, which ends the
  /// call.
  std::function<size_t(uint64_t offset, char* to, size_t room)> read;
};

/// A call of an API: sent whole, answered whole.
struct api_request {
  std::string method = "GET";
  /// `http` or `https`.
  std::string url;
  /// Lines `Name: value` of printable ASCII.
  std::vector<std::string> headers;
  std::string body;
  /// Null: `body` is sent. Otherwise this is, which must be signed, and lives
  /// as long as the call.
  const api_body* streamed = nullptr;
  /// Null: not signed. Otherwise signed for the service `s3`.
  const aws_keys* sign = nullptr;
  /// Bounds name resolution, connecting and the TLS handshake together.
  std::chrono::milliseconds connect_timeout{30'000};
  /// Bounds what follows: the request and its whole answer.
  std::chrono::milliseconds answer_timeout{300'000};
  /// The call ends if nothing comes for so long; 0: no such limit. In whole
  /// seconds.
  std::chrono::seconds silence_timeout{0};
  /// The most bytes of the answer's body that are kept.
  size_t longest_answer = 64 << 10;
  /// Called about once a second meanwhile; the call ends if it returns false.
  /// May be empty.
  std::function<bool()> go_on;
  /// Given the body of a 2xx answer bit by bit, in place of the answer; may be
  /// empty.
  std::function<void(std::string_view)> on_body;
};

struct api_answer {
  /// The HTTP status.
  long status = 0;
  /// The beginning of the body.
  std::string body;
  /// Whether the body was longer than what was kept.
  bool cut = false;
  /// The header `Retry-After`; empty: none.
  std::string retry_after = {};
  /// The header `ETag`, quotes included; empty: none.
  std::string etag = {};
  /// The header `Last-Modified`; empty: none.
  std::string last_modified = {};

  /// @returns whether the status is 2xx.
  bool fine() const { return status >= 200 && status < 300; }
};

/// Makes calls one after another on a connection that is kept. `send` belongs
/// to one thread. SSL_CERT_FILE and SSL_CERT_DIR replace the system's
/// certificate authorities.
class api_client {
public:
  /// Throws std::runtime_error if memory is lacking.
  explicit api_client(tls_identity identity = {});
  ~api_client();
  api_client(const api_client&) = delete;
  api_client& operator=(const api_client&) = delete;

  /// @returns the answer, of any status; service_unavailable if none came;
  /// cancelled after `cancel`, or if `go_on` returned false. The message names
  /// only host and port of the URL.
  result<api_answer> send(const api_request& request);

  /// Ends the call under way and all that follow, at once; from any thread.
  void cancel();

private:
  struct handle_deleter {
    void operator()(void* handle) const noexcept;
  };

  struct multi_deleter {
    void operator()(void* multi) const noexcept;
  };

  /// @returns a CURLcode.
  int perform();

  const tls_identity identity_;
  /// Holds the connections, and can be woken.
  std::unique_ptr<void, multi_deleter> multi_;
  std::unique_ptr<void, handle_deleter> handle_;
  std::atomic<bool> cancelled_ = false;
};

/// @returns host and port of a URL, for messages.
std::string host_of(std::string_view url);

} // namespace motorcade
