#pragma once

#include "runtime/http_server.hpp"
#include "runtime/http_socket.hpp"

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace motorcade {

/// A request on its way from the head to the line in the log.
struct http_transaction {
  http_transaction(http_socket& from, const poll_flag& stops,
                   std::chrono::milliseconds most)
      : socket{from}, stop{stops}, write_time{most} {}

  http_socket& socket;
  const poll_flag& stop;
  std::chrono::milliseconds write_time;
  http_socket::clock::time_point start = http_socket::clock::now();
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
  /// The reply's stream was asked to write.
  bool begun = false;
  /// The answer was not written as a whole.
  bool cut = false;
  size_t bytes = 0;
};

/// A part of what all bodies may have together.
struct byte_share {
  byte_share(std::atomic<size_t>& all, size_t part)
      : sum{all}, own{part}, total{all.fetch_add(part) + part} {}

  ~byte_share() { sum -= own; }

  byte_share(const byte_share&) = delete;
  byte_share& operator=(const byte_share&) = delete;

  std::atomic<size_t>& sum;
  const size_t own;
  const size_t total;
};

/// What cpp-httplib reads and writes: it is given the plainest of requests,
/// whatever the client has sent.
class http_plain_stream : public httplib::Stream {
public:
  explicit http_plain_stream(http_transaction& at)
      : at_{at},
        text_{at.head.method == "HEAD" ? "HEAD / HTTP/1.1\r\n\r\n"
                                       : "GET / HTTP/1.1\r\n\r\n"},
        until_{http_socket::clock::now() + at.write_time} {}

  bool is_readable() const override { return true; }

  bool is_writable() const override { return at_.socket.alive(); }

  ssize_t read(char* to, size_t size) override {
    auto count = text_.copy(to, size);
    text_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* from, size_t size) override {
    if (at_.reply.stream)
      until_ = http_socket::clock::now() + at_.write_time;
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
  http_transaction& at_;
  std::string_view text_;
  http_socket::clock::time_point until_;
};

/// @returns the client's id for its request, X-Request-Id, where it is fit, or
/// a new one.
std::string request_id(const http_head& head);

/// @param parsed What the target says; nothing where it cannot be decoded.
/// @param known Names of parameters whose values are harmless.
/// @returns the target as it may stand in the log: still encoded, other values
/// hidden.
std::string loggable(std::string_view target,
                     const std::optional<http_target>& parsed,
                     const std::set<std::string, std::less<>>& known);

/// Makes the transaction's reply what cpp-httplib writes; it must outlive that.
void fill_response(http_transaction& at, httplib::Response& response);

/// @returns a whole answer, for those who are refused without cpp-httplib.
std::string to_text(const http_reply& reply, const std::string& id);

/// Calls `f`. The log is told of an exception its type and the request's id,
/// never what it says: that may quote the request.
/// @returns false where it threw.
bool survive(const std::string& id, const std::function<void()>& f);

} // namespace motorcade
