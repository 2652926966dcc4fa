#pragma once

#include "runtime/base/file_handle.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace motorcade::test {

/// Stands for the message that ends a COPY, which is no statement.
inline constexpr auto end_of_copy = "CopyDone";

/// What happens at a statement. Its connection breaks in any case.
struct proxy_strike {
  /// How a statement without parameters begins, or a message of several ends;
  /// empty: any statement, also one with parameters; `end_of_copy`: the last
  /// message of a COPY.
  std::string statement = "COMMIT";
  /// The number of such a statement from now on, from 1; 0: never.
  uint64_t number = 0;
  /// The server has answered, and the answer is lost; else the statement is.
  bool after_answer = false;
  /// Called before the connection is closed, from the proxy's thread.
  std::function<void()> also = [] {
  };
};

/// Stands between clients and the server that PGHOST and PGPORT name, without
/// TLS. Breaks one connection at a statement, or all of them at once. Throws
/// std::system_error if it cannot begin.
class postgres_proxy {
public:
  postgres_proxy();
  ~postgres_proxy();

  postgres_proxy(const postgres_proxy&) = delete;
  postgres_proxy& operator=(const postgres_proxy&) = delete;

  /// The port on 127.0.0.1.
  const std::string& port() const { return port_; }

  /// Replaces the strike that is to come.
  void arm(proxy_strike strike);

  /// @returns whether the last strike that was armed has happened.
  bool has_struck() const { return struck_; }

  /// Breaks all connections that there are now.
  void cut_all();

private:
  struct connection {
    file_handle client;
    file_handle server;
    /// The server's next bytes answer the statement to strike at.
    bool awaits_answer = false;
  };

  void serve();
  void accept_one();
  void wake() const;
  bool pass_on(connection& one, bool from_client);
  /// @returns whether the bytes begin with the statement to strike at.
  bool is_due(std::string_view bytes);

  file_handle door_;
  file_handle wake_;
  std::string port_;
  std::list<connection> connections_;
  std::mutex mutex_;
  proxy_strike strike_;
  std::atomic<bool> struck_ = false;
  std::atomic<bool> cut_ = false;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

} // namespace motorcade::test
