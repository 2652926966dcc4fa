#pragma once

#include "actors/sync/protocol.hpp"
#include "runtime/destination/spool_file.hpp"
#include "runtime/metrics/metric_board.hpp"

#include <atomic>
#include <deque>
#include <random>
#include <string>

namespace motorcade {

/// How many bytes all requests of a task together keep for repeating them.
/// Thread-safe.
class retry_budget {
public:
  explicit retry_budget(size_t limit) : limit_{limit} {}

  /// @returns false, taking nothing, where the limit would be exceeded.
  bool take(size_t bytes) noexcept {
    auto now = used_.load(std::memory_order_relaxed);
    do {
      if (now + bytes > limit_)
        return false;
    } while (!used_.compare_exchange_weak(now, now + bytes,
                                          std::memory_order_relaxed));
    return true;
  }

  void give(size_t bytes) noexcept {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
  }

  size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

  size_t limit() const noexcept { return limit_; }

private:
  const size_t limit_;
  std::atomic<size_t> used_ = 0;
};

using retry_budget_ptr = std::shared_ptr<retry_budget>;

/// When a failed request is sent again.
struct retry_policy {
  caf::timespan first_pause = std::chrono::milliseconds{500};
  caf::timespan longest_pause = std::chrono::seconds{15};
  /// A request that still fails that long after its first failure is given up.
  caf::timespan patience = std::chrono::minutes{5};
};

/// What a bulker works with.
struct bulker_settings {
  /// The first number in what it reports.
  uint64_t number = 0;
  /// For messages: the stream's key.
  std::string stream;
  destination_ptr where;
  retry_budget_ptr budget;
  retry_policy policy;
  /// SPOOL_DIR: where a request that outgrew the budget is kept; empty: it is
  /// let go.
  std::string spool_dir = {};
  /// Counts what is sent again; may be null.
  metric_board_ptr metrics = {};
};

/// One transaction: its rows, as far as they are still needed.
struct delivery_unit {
  uint64_t number = 0;
  upload_request_ptr request;
  /// The first blocks, once the unit outgrew the budget; null: none.
  std::unique_ptr<spool_file> spool;
  /// The blocks behind those in the spool, as far as they are still here.
  std::deque<block_ptr> rows;
  /// How many blocks, spooled ones included, the attempt under way was given.
  size_t sent = 0;
  /// How many of `rows` are counted in the budget, and their bytes.
  size_t counted = 0;
  size_t kept_bytes = 0;
  /// Of all blocks that any attempt was given.
  uint64_t bytes = 0;
  /// Why blocks were let go, so that the request cannot be repeated; empty:
  /// they were not.
  std::string let_go;
  bool complete = false;
};

struct bulker_state {
  static inline constexpr const char* name = "bulker";

  ~bulker_state();

  /// Starts an attempt of the first unit and gives it what there is.
  void start();

  /// Hands rows to the attempt under way.
  void feed();

  /// Hands over a block that is on disk.
  /// @returns whether more may follow now.
  bool feed_from_spool(delivery_unit& unit);

  /// Sees to it that the block which is about to be sent for the first time
  /// can be sent again.
  void keep(delivery_unit& unit, const block_ptr& rows);

  /// Moves a unit to the disk, or lets it go where that fails.
  void start_spool(delivery_unit& unit);

  /// The attempt under way ended.
  void settle(const upload_outcome& outcome);

  /// Waits and tries again, or gives up.
  void repeat(const upload_outcome& outcome);

  void give_up(failure reason);

  /// Drops the unit that is not complete; takes nothing any more.
  void close();

  /// Answers the abort once every complete unit has its answer.
  void end_if_closed();

  void let_go(delivery_unit& unit, std::string why);

  bulker_actor::pointer self = {};
  delivery_listener listener = {};
  bulker_settings settings;
  std::deque<delivery_unit> units;
  upload_ptr attempt;
  /// Bounds what was read from the disk and is not sent.
  byte_window_ptr replay;
  /// A look at `replay` is due.
  bool replay_waiting = false;
  /// Of the attempt under way, or of the one that is waited for.
  uint64_t attempt_number = 0;
  bool waiting = false;
  /// Nothing is brought any more.
  bool failed = false;
  /// We were told to abort: units that are complete are still brought, and
  /// nothing else is taken.
  bool closing = false;
  /// The attempt under way is being dropped.
  bool aborting = false;
  uint32_t failures = 0;
  caf::actor_clock::time_point first_failure = {};
  std::minstd_rand random{std::random_device{}()};
};

bulker_actor::behavior_type
bulker(bulker_actor::stateful_pointer<bulker_state> self,
       delivery_listener listener, bulker_settings settings);

} // namespace motorcade
