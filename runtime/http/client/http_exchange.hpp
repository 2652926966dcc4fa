#pragma once

#include "runtime/http/client/curl_library.hpp"
#include "runtime/http/client/http_answer_reader.hpp"
#include "runtime/http/client/http_engine.hpp"
#include "runtime/http/client/send_nap.hpp"
#include "runtime/http/client/stall_watch.hpp"

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace motorcade {

/// One upload: a queue that any thread fills, and a transfer of libcurl that
/// only the engine's thread touches.
class http_exchange : public std::enable_shared_from_this<http_exchange> {
public:
  /// @param core Is woken up when there is something to do.
  /// @param done Is called once, by `conclude` or `conclude_cancelled`.
  http_exchange(std::shared_ptr<http_core> core, http_upload request,
                http_handler done);
  ~http_exchange();

  http_exchange(const http_exchange&) = delete;
  http_exchange& operator=(const http_exchange&) = delete;

  /// Adds rows to the body. This and the next two may be called by any thread.
  void write(block_ptr rows);

  /// Notes that the body is complete.
  void finish();

  /// Ends the upload without an answer.
  /// @param even_if_finished Also if its body is complete.
  void abort(bool even_if_finished);

  /// What the producer asks of the engine.
  struct wishes {
    bool abort = false;
    bool resume = false;
  };

  /// Takes the gathered wishes.
  wishes take_wishes();

  /// Prepares the transfer.
  /// @returns false if it has to be concluded at once; `reason` says why.
  bool prepare(const certificate_paths& certificates);

  /// Turns the rest of the body into the row under way and the abort row.
  /// @returns false if the connection must be cut instead.
  bool say_abort();

  /// @returns whether an answer waits for the paused upload to go on.
  bool must_resume() const noexcept {
    return reader_.answered() && paused_sending_;
  }

  /// @returns whether nothing can happen before more rows come.
  bool awaits_rows() const noexcept {
    return paused_sending_ && !reader_.answered() && wire_sent() >= wire_given_;
  }

  /// Lets a paused upload go on.
  void resume();

  /// @returns whether the transfer entered another phase, and so another
  /// time limit, since the last `watch`.
  bool phase_changed() const { return stalls_.seen() != current_phase(); }

  /// Watches for stalls.
  /// @returns the time to look again, or nothing if there is no time limit. If
  /// a limit ran out, `expired()` is true.
  std::optional<http_clock::time_point> watch(http_clock::time_point now);

  /// @returns whether the peer was silent for too long.
  bool expired() const noexcept { return stalls_.expired(); }

  /// Keeps the bytes that the peer had sent when its connection broke during a
  /// write: libcurl gives up at the failed write and would leave an answer
  /// unread.
  void salvage(curl_socket_t socket);

  /// @returns the port on our side of the connection that the body goes to; 0:
  /// none.
  long local_port() const;

  /// Ends the exchange, lets go of all blocks and calls the handler.
  void conclude(CURLcode code);

  /// Ends it because it was aborted.
  void conclude_cancelled(std::string_view reason);

  /// Ends it without calling the handler.
  void drop();

  /// @returns libcurl's handle, which stays this object's.
  CURL* easy() const noexcept { return easy_; }

private:
  enum class supply { rows, end, dry };

  /// Each of these is a callback of libcurl, on the engine's thread; `self` is
  /// the exchange. They return the number of bytes taken, or what makes libcurl
  /// pause or end the transfer.
  static size_t on_read(char* to, size_t size, size_t count, void* self);
  static size_t on_header(char* from, size_t size, size_t count, void* self);
  static size_t on_body(char* from, size_t size, size_t count, void* self);

  /// Copies bytes of the body to libcurl's buffer, from as many blocks as fit,
  /// and lets go of blocks that are copied.
  /// @returns their number; 0 at the end of the body, CURL_READFUNC_PAUSE if no
  /// rows are there yet, CURL_READFUNC_ABORT if the server has answered.
  size_t fill(char* to, size_t room);

  /// Moves the rows that producers gave to `pending_`, which is empty.
  /// @param pause_when_dry The transfer pauses if there are no rows: the next
  /// ones wake the engine up.
  supply refill(bool pause_when_dry);

  /// Takes a line of the answer's head.
  /// @returns false if the transfer must end: the server answered 2xx before
  /// the whole body was sent.
  bool take_header(std::string_view line);

  /// @returns the phase that decides which time limit holds.
  stall_watch::phase current_phase() const;

  /// @returns whether the body has ended and all its bytes were given to the
  /// system.
  bool whole_body_sent() const;

  /// @returns the bytes of the body, chunk framing included, that were given to
  /// the system.
  uint64_t wire_sent() const;

  /// @returns whether the request's head cannot be sent: a header is not one
  /// line of ASCII, or all are too long. `reason_` says which.
  bool header_fault();

  /// @returns what the handler is told. An answer that was salvaged from a
  /// broken connection counts.
  http_answer outcome(CURLcode code);

  /// Takes no more rows.
  /// @returns those that were not looked at, so that they are let go of outside
  /// of the lock.
  std::deque<block_ptr> close();

  const std::shared_ptr<http_core> core_;
  http_upload request_;
  stall_watch stalls_;
  http_handler done_;

  std::mutex mutex_;
  std::deque<block_ptr> incoming_;
  bool posted_ = true;
  bool finished_ = false;
  bool abort_wanted_ = false;
  bool closed_ = false;
  bool paused_ = false;

  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  char reason_buffer_[CURL_ERROR_SIZE] = {};
  std::deque<block_ptr> pending_;
  size_t offset_ = 0;
  // Bytes of the body as they stand on the wire, chunk framing included.
  uint64_t wire_given_ = 0;
  bool reading_ = false;
  bool paused_sending_ = false;
  bool end_given_ = false;
  bool aborting_ = false;
  bool early_ = false;
  bool refused_ = false;
  http_answer_reader reader_;
  std::string reason_;
  std::string salvaged_;
};

/// The engine's state, shared by its thread and the exchanges.
class http_core {
public:
  /// Throws as the engine's constructor does.
  http_core();
  ~http_core();

  http_core(const http_core&) = delete;
  http_core& operator=(const http_core&) = delete;

  /// Wakes the engine up to look at an exchange. Any thread.
  /// @returns false if the engine has ended.
  bool post(std::shared_ptr<http_exchange> exchange);

  /// Counts bytes that an exchange gave to libcurl. The engine's thread.
  void note_sent(size_t bytes) { nap_.sent(bytes); }

  /// Makes `run` end. Any thread.
  /// @param silent Call no handler any more.
  void stop(bool silent);

  /// The engine's loop.
  void run();

private:
  /// A callback of libcurl: keeps what the server has sent, for the exchange
  /// with this socket, then closes it.
  static int close_socket(void* self, curl_socket_t socket);

  /// Moves the exchanges that were posted to `taken_`.
  /// @returns false if the engine must stop.
  bool take_inbox();

  /// @returns whether the thread sleeps for a moment, in which nothing wakes
  /// it, instead of waiting to be woken.
  bool begin_nap(http_clock::time_point now);

  /// Carries out what the producer of an exchange wants: starts the transfer,
  /// lets it go on, or aborts it.
  void serve(const std::shared_ptr<http_exchange>& exchange);

  /// Hands the transfer to libcurl; an exchange that cannot be prepared ends at
  /// once.
  void start(const std::shared_ptr<http_exchange>& exchange);

  /// Ends the exchanges whose transfers are over, and resumes those that were
  /// answered while they paused.
  void settle();

  /// Ends the exchanges whose time limit ran out; sets `watch_at_` to the
  /// earliest limit of the others.
  void watch(http_clock::time_point now);

  /// Takes the transfer from libcurl, if it is active.
  void remove(http_exchange& exchange);

  /// Concludes the exchange, which is not active; its handler is not called if
  /// the engine was stopped silently.
  void end(http_exchange& exchange, CURLcode code);

  /// Does the same for an exchange that was aborted.
  void end_cancelled(http_exchange& exchange, std::string_view reason);

  /// Takes no new exchanges and ends all others as cancelled.
  void end_all();

  std::mutex mutex_;
  std::vector<std::shared_ptr<http_exchange>> inbox_;
  bool stopping_ = false;
  /// The thread will look into the inbox without being woken.
  bool napping_ = false;
  std::atomic<bool> silent_ = false;
  bool closed_ = false;

  CURLM* multi_ = nullptr;
  certificate_paths certificates_;
  std::vector<std::shared_ptr<http_exchange>> active_;
  std::vector<std::shared_ptr<http_exchange>> taken_;
  send_nap nap_;
  http_clock::time_point watch_at_ = http_clock::time_point::max();
};

} // namespace motorcade
