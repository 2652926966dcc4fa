#pragma once

#include "runtime/http/client/curl_library.hpp"
#include "runtime/http/client/http_answer_reader.hpp"
#include "runtime/http/client/http_engine.hpp"
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

  /// @returns whether the upload is being dropped.
  bool aborting() const noexcept { return aborting_; }

private:
  enum class supply { rows, end, dry };

  static size_t on_read(char* to, size_t size, size_t count, void* self);
  static size_t on_header(char* from, size_t size, size_t count, void* self);
  static size_t on_body(char* from, size_t size, size_t count, void* self);

  size_t fill(char* to, size_t room);
  supply refill(bool pause_when_dry);
  bool take_header(std::string_view line);
  stall_watch::phase current_phase() const;
  bool whole_body_sent() const;
  uint64_t wire_sent() const;
  bool header_fault();
  http_answer outcome(CURLcode code);
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

  /// Makes `run` end. Any thread.
  /// @param silent Call no handler any more.
  void stop(bool silent);

  /// The engine's loop.
  void run();

private:
  static int close_socket(void* self, curl_socket_t socket);

  bool take_inbox();
  void serve(const std::shared_ptr<http_exchange>& exchange);
  void start(const std::shared_ptr<http_exchange>& exchange);
  void settle();
  void watch(http_clock::time_point now);
  void remove(http_exchange& exchange);
  void end(http_exchange& exchange, CURLcode code);
  void end_cancelled(http_exchange& exchange, std::string_view reason);
  void end_all();

  std::mutex mutex_;
  std::vector<std::shared_ptr<http_exchange>> inbox_;
  bool stopping_ = false;
  std::atomic<bool> silent_ = false;
  bool closed_ = false;

  CURLM* multi_ = nullptr;
  certificate_paths certificates_;
  std::vector<std::shared_ptr<http_exchange>> active_;
  std::vector<std::shared_ptr<http_exchange>> taken_;
  http_clock::time_point watch_at_ = http_clock::time_point::max();
};

} // namespace motorcade
