#pragma once

#include "runtime/http/server/http_connection.hpp"
#include "runtime/http/server/http_listener.hpp"
#include "runtime/http/server/http_socket.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <vector>

namespace motorcade {

/// What stands behind the front. Members are called by its thread and must not
/// block.
class http_back {
public:
  virtual ~http_back() = default;

  /// The head has come.
  /// @returns false where the connection's reply is to be sent at once.
  virtual bool admit(http_connection& from) = 0;

  /// Takes a whole request, which is given back by `http_front::answer`.
  /// @returns false where there is no room for it; then it stays where it was.
  virtual bool serve(std::unique_ptr<http_connection>& from) = 0;

  /// An answer was sent, or will not be.
  /// @param cut Not as a whole.
  virtual void say(const http_connection& of, bool cut) = 0;
};

/// All connections while no answer to them is being made: one thread accepts
/// them, reads requests, sends answers and sees to it that nobody takes longer
/// or more than he may. So a client that is slow costs its own bytes, and none
/// of the threads that make answers.
///
/// Where there are too many connections, those go first that wait for a request
/// that has not come: whoever says nothing keeps nobody out.
class http_front {
public:
  /// @param settings and `back` must outlive this.
  http_front(const http_server_settings& settings, http_back& back)
      : settings_{settings}, back_{back} {}

  ~http_front() { stop({}); }

  http_front(const http_front&) = delete;
  http_front& operator=(const http_front&) = delete;

  /// Listens, and begins to serve.
  bool start();

  uint16_t port() const { return listener_.port(); }

  /// Up when it stops.
  const poll_flag& stopping() const { return stop_; }

  /// Sends a connection's reply. Any thread.
  void answer(std::unique_ptr<http_connection> of);

  /// Takes a connection back that its worker has answered by itself. Any
  /// thread.
  void finish(std::unique_ptr<http_connection> of);

  /// Gives back what a body had of the bytes of all bodies. Any thread.
  void release(http_connection& of);

  /// Takes nothing new, lets the requests under way end, cuts those that did
  /// not by then. Blocks until no connection is left.
  void stop(std::chrono::milliseconds grace);

private:
  using clock = http_connection::clock;
  using phase = http_connection::phase;
  using connection_ptr = std::unique_ptr<http_connection>;

  void run();
  int poll_all();
  void take_returned();
  void close_for_stop();
  bool is_done();
  void accept_all();
  bool make_room();
  void turn_away(const file_handle& from);

  void look_at(connection_ptr& of, short events);
  void read(connection_ptr& of);
  void advance(connection_ptr& of);
  bool begin_request(connection_ptr& of);
  bool count_body(http_connection& of);
  void refuse(connection_ptr& of, int status, std::string_view why);
  void begin_answer(connection_ptr& of);
  void send(connection_ptr& of);
  void end_answer(connection_ptr& of);
  void expire(connection_ptr& of);
  void bound_answers();
  void drop(connection_ptr& of, bool cut);

  const http_server_settings& settings_;
  http_back& back_;
  http_listener listener_;
  /// Until then it is not looked at: there are no descriptors.
  clock::time_point listen_again_ = {};
  poll_flag stop_;
  poll_flag wake_;
  std::vector<connection_ptr> all_;
  /// Of `all_`, from `poll`.
  std::vector<short> ready_;
  bool listener_ready_ = false;
  std::atomic<size_t> bodies_ = 0;

  std::mutex mutex_;
  std::vector<connection_ptr> returned_;
  /// Those that workers have.
  std::set<int> away_;
  std::optional<clock::time_point> stop_at_;
  bool cut_all_ = false;
  std::thread thread_;
};

} // namespace motorcade
