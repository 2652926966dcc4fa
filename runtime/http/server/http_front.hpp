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

/// The part behind the front, which answers requests. Members are called by the
/// front's thread and must not block.
class http_back {
public:
  virtual ~http_back() = default;

  /// Takes the head of a request.
  /// @returns false if the connection's reply is to be sent at once.
  virtual bool admit(http_connection& from) = 0;

  /// Takes a whole request, which is given back by `http_front::answer`.
  /// @returns false if there is no room for it; then it stays the caller's.
  virtual bool serve(std::unique_ptr<http_connection>& from) = 0;

  /// Notes that an answer was sent, or will not be.
  /// @param cut The answer was not sent whole.
  virtual void say(const http_connection& of, bool cut) = 0;
};

/// Holds all connections while no answer to them is being made: one thread
/// accepts them, reads requests, sends answers and enforces limits of time and
/// size. So a slow client costs its own bytes, and none of the threads that
/// make answers.
///
/// If there are too many connections, those are closed first whose request has
/// not come: a silent client keeps no other out.
class http_front {
public:
  /// @param settings and `back` must outlive this.
  http_front(const http_server_settings& settings, http_back& back)
      : settings_{settings}, back_{back} {}

  ~http_front() { stop({}); }

  http_front(const http_front&) = delete;
  http_front& operator=(const http_front&) = delete;

  /// Listens, and begins to serve.
  /// @returns system_failed with the reason if it cannot listen.
  result<void> start();

  /// @returns the port that it listens on.
  uint16_t port() const { return listener_.port(); }

  /// @returns a flag that goes up when the front stops.
  const poll_flag& stopping() const { return stop_; }

  /// Sends a connection's reply. Any thread.
  void answer(std::unique_ptr<http_connection> of);

  /// Takes a connection back that its worker has answered by itself. Any
  /// thread.
  void finish(std::unique_ptr<http_connection> of);

  /// Gives back a body's share of the bytes of all bodies. Any thread.
  void release(http_connection& of);

  /// Takes no new requests, lets the requests under way end within `grace`,
  /// then cuts the rest. Blocks until no connection is left.
  void stop(std::chrono::milliseconds grace);

private:
  using clock = http_connection::clock;
  using phase = http_connection::phase;
  using connection_ptr = std::unique_ptr<http_connection>;

  /// Runs in the front's thread until `stop` has ended all connections.
  void run();

  /// Waits for events or for the next time limit. Notes the events of all
  /// connections in `ready_`.
  /// @returns what `poll` returned.
  int poll_all();

  /// Takes over the connections that workers gave back: begins their answers,
  /// or ends what the workers have sent themselves.
  void take_returned();

  /// Closes the listener and the connections without a request under way; once
  /// the grace is over, cuts all others.
  void close_for_stop();

  /// @returns whether the front was stopped and no connection is left, not even
  /// with a worker.
  bool is_done();

  /// Accepts the connections that wait, 64 at most, and reads what has come on
  /// them. If the system has no descriptors, makes room or pauses the listener.
  void accept_all();

  /// Closes the connection that is missed least: one that is ending, else one
  /// that is idle, else one whose head is not whole; of several the oldest.
  /// @returns false if there is none of these.
  bool make_room();

  /// Answers a connection that there is no room for with 503, without waiting
  /// for its request.
  void turn_away(const file_handle& from);

  /// Sends or reads, by the connection's phase.
  /// @param of Null afterwards if the connection ended, also in the functions
  /// below.
  void look_at(connection_ptr& of, short events);

  /// Takes what has come, 64 KiB at most, so that others have their turn.
  void read(connection_ptr& of);

  /// Parses what was read until more is needed, or hands the whole request to
  /// the back.
  void advance(connection_ptr& of);

  /// Takes a request's head: asks the back to admit it and begins the body.
  /// @returns false if the answer is under way instead.
  bool begin_request(connection_ptr& of);

  /// Counts the body as far as it came among the bytes of all bodies.
  /// @returns false if these are too many.
  bool count_body(http_connection& of);

  /// Answers with an error and closes the connection afterwards.
  void refuse(connection_ptr& of, int status, std::string_view why);

  /// Puts the answer's head and body together and sends what the client takes
  /// at once.
  void begin_answer(connection_ptr& of);

  /// Sends what the client takes of the answer, in a bounded number of steps.
  void send(connection_ptr& of);

  /// Prepares the connection for its next request, or begins to close it.
  void end_answer(connection_ptr& of);

  /// Deals with a connection whose phase has taken too long: a request that was
  /// begun is answered with 408, all else is closed.
  void expire(connection_ptr& of);

  /// Cuts the slowest answers until the unsent bytes of all are within their
  /// limit.
  void bound_answers();
  /// Gives the system back what a crowd of connections took, once most of them
  /// are closed: freed blocks among others would stay with the process.
  void give_back_memory();

  /// Closes the connection and gives back its share.
  /// @param cut Its answer was not sent whole, which the back is told.
  void drop(connection_ptr& of, bool cut);

  const http_server_settings& settings_;
  http_back& back_;
  http_listener listener_;
  /// Until then the listener is not polled: there were no descriptors.
  clock::time_point listen_again_ = {};
  poll_flag stop_;
  poll_flag wake_;
  std::vector<connection_ptr> all_;
  /// The events of `all_`, from `poll`.
  std::vector<short> ready_;
  bool listener_ready_ = false;
  /// The most connections since memory was given back.
  size_t most_open_ = 0;
  std::atomic<size_t> bodies_ = 0;

  std::mutex mutex_;
  std::vector<connection_ptr> returned_;
  /// The descriptors of connections that workers have.
  std::set<int> away_;
  std::optional<clock::time_point> stop_at_;
  bool cut_all_ = false;
  std::thread thread_;
};

} // namespace motorcade
