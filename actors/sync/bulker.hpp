#pragma once

#include "actors/sync/sidecar_actors.hpp"
#include "runtime/destination/retry_notice.hpp"
#include "runtime/destination/spool_file.hpp"
#include "runtime/metrics/metric_board.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>

namespace motorcade {

/// The bytes that all requests of a task together keep for repeating them.
/// Thread-safe.
class retry_budget {
public:
  /// @param limit Bytes.
  explicit retry_budget(size_t limit) : limit_{limit} {}

  /// @returns false, taking nothing, if the limit would be exceeded.
  bool take(size_t bytes) noexcept {
    auto now = used_.load(std::memory_order_relaxed);
    do {
      if (now + bytes > limit_)
        return false;
    } while (!used_.compare_exchange_weak(now, now + bytes,
                                          std::memory_order_relaxed));
    return true;
  }

  /// Gives back bytes that were taken.
  void give(size_t bytes) noexcept {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
  }

  /// @returns the bytes that are taken.
  size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

private:
  const size_t limit_;
  std::atomic<size_t> used_ = 0;
};

using retry_budget_ptr = std::shared_ptr<retry_budget>;

/// The backoff of failed requests.
struct request_backoff {
  caf::timespan first_pause = std::chrono::milliseconds{500};
  caf::timespan longest_pause = std::chrono::seconds{15};
  /// A request that still fails so long after its first failure is given up.
  caf::timespan patience = std::chrono::minutes{5};
};

/// What committed requests of a stream did to its table, all of them together.
/// Written by the stream's BULKER, read by others.
struct load_totals {
  std::atomic<uint64_t> columns_added = 0;
  std::atomic<uint64_t> values_unmapped = 0;
};

/// The settings of a bulker.
struct bulker_settings {
  /// The stream's index, which its reports begin with.
  uint64_t number = 0;
  /// The stream's key, for messages.
  std::string stream;
  destination_ptr where;
  retry_budget_ptr budget;
  request_backoff policy;
  /// SPOOL_DIR: the folder for requests that outgrew the budget; empty: their
  /// rows are let go.
  std::string spool_dir = {};
  /// Counts repeated requests; may be null.
  metric_board_ptr metrics = {};
  /// The totals that committed requests are added to; may be null.
  std::shared_ptr<load_totals> totals = {};
  /// Is told of a destination that is away and back; may be null.
  task_log_actor log = {};
};

/// A request to the destination: its rows, as far as they are still needed.
struct kept_request {
  /// Its number in the session.
  uint64_t number = 0;
  /// Its table, mode and key.
  upload_request_ptr about;
  /// The first blocks, once the request outgrew the budget; null: none.
  std::unique_ptr<spool_file> spool;
  /// The blocks behind those in the spool, as far as they are kept.
  std::deque<block_ptr> rows;
  /// The number of blocks, spooled ones included, that the current attempt was
  /// given.
  size_t sent = 0;
  /// The number of `rows` that are counted in the budget, and their bytes.
  size_t counted = 0;
  size_t kept_bytes = 0;
  /// The bytes of all blocks that any attempt was given.
  uint64_t bytes = 0;
  /// Why the request cannot be repeated: some of its blocks were let go; empty:
  /// it can.
  std::string why_not_repeatable;
  /// The states that its commit makes true, and its part in a joint commit,
  /// which is given up with the request; null: none.
  commit_terms_ptr terms;
  bool complete = false;
};

/// Brings the requests of one stream to the destination, one at a time and in
/// order, and keeps their rows as far as the budget reaches, so that a request
/// that failed can be sent again.
class bulker_state {
public:
  static inline constexpr const char* name = "bulker";

  /// Returns its requests' bytes to the retry budget.
  ~bulker_state();

  /// To be called once, before all else.
  bulker_actor::behavior_type make_behavior(bulker_actor::pointer self,
                                            delivery_listener listener,
                                            bulker_settings settings);

private:
  /// Starts an attempt of the first request and gives it its rows.
  void start();

  /// Gives rows to the current attempt.
  void feed();

  /// Gives a block from the disk to the current attempt.
  /// @returns whether more may follow now.
  bool feed_from_spool(kept_request& request);

  /// Keeps the block, which is about to be sent for the first time, so that it
  /// can be sent again.
  void keep(kept_request& request, const block_ptr& rows);

  /// Moves a request to the disk, or lets it go if that fails.
  void start_spool(kept_request& request);

  /// Handles the end of the current attempt.
  void settle(const upload_outcome& outcome);

  /// Counts what a committed request did.
  void note(const load_summary& summary) const;

  /// Adds a line to the task's log.
  void tell(log_level level, const std::optional<std::string>& line);

  /// Waits and tries again, or gives up.
  void repeat(const upload_outcome& outcome);

  /// Drops all requests, and fails the stream for good.
  void give_up(failure reason);

  /// Drops the request that is not complete, and takes no more rows.
  void close();

  /// Answers the abort once every complete request has its answer.
  void end_if_closed();

  /// Drops the blocks of a request, which cannot be repeated any more.
  void let_go(kept_request& request, std::string why);

  bulker_actor::pointer self_ = {};
  delivery_listener listener_ = {};
  bulker_settings settings_;
  std::deque<kept_request> requests_;
  upload_ptr attempt_;
  /// Bounds the bytes that were read from the disk and not yet sent.
  byte_window_ptr replay_;
  /// A check of `replay_` is due.
  bool replay_waiting_ = false;
  /// The number of the current attempt, or of the next one.
  uint64_t attempt_number_ = 0;
  bool waiting_ = false;
  /// No more rows are delivered.
  bool failed_ = false;
  /// An abort was asked for: complete requests are still delivered, and no more
  /// rows are taken.
  bool closing_ = false;
  /// The current attempt is being dropped.
  bool aborting_ = false;
  /// Made at the first failure.
  std::optional<retry_notice> notice_;
  uint32_t failures_ = 0;
  caf::actor_clock::time_point first_failure_ = {};
  std::minstd_rand random_{std::random_device{}()};
};

/// @param listener Is told what became of each request.
bulker_actor::behavior_type
bulker(bulker_actor::stateful_pointer<bulker_state> self,
       delivery_listener listener, bulker_settings settings);

} // namespace motorcade
