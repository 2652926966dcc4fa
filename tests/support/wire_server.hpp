#pragma once

#include "support/bound_socket.hpp"
#include "support/http_wire.hpp"

#include <functional>
#include <list>
#include <string>
#include <thread>

namespace motorcade::support {

/// Accepts connections to a port of this machine, and serves each in a thread
/// of its own.
class wire_server {
public:
  /// @param serve Called for each connection; returns when it is over, which
  /// waits of the wire say once the server stops. Throws std::system_error.
  explicit wire_server(std::function<void(http_wire&)> serve);

  /// Ends all connections.
  ~wire_server();

  wire_server(const wire_server&) = delete;
  wire_server& operator=(const wire_server&) = delete;

  /// `http://127.0.0.1:port`.
  const std::string& url() const { return url_; }

private:
  void accept_all();

  const std::function<void(http_wire&)> serve_;
  const test::bound_socket listener_;
  file_handle stop_;
  std::string url_;
  std::list<std::thread> connections_;
  std::thread acceptor_;
};

} // namespace motorcade::support
