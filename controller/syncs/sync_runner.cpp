#include "controller/syncs/sync_runner.hpp"

#include "controller/syncs/message_sender.hpp"
#include "controller/syncs/next_times.hpp"
#include "controller/syncs/sync_keeper.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"

#include <chrono>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The time limits of the API's calls: a client waits.
constexpr database_patience asking{3s, 5s};
constexpr database_patience keeping{10s, 30s};
/// The pause between two steps, and after a database that does not answer.
constexpr auto usual_pause = 1s;
constexpr auto long_pause = 5s;
/// The pause between two counts for the metrics.
constexpr auto count_pause = 30s;
/// The pause between two looks for next times that a wrong clock has stored.
constexpr auto correction_pause = 5min;

} // namespace

sync_runner::sync_runner(const std::string& database_url,
                         const sealing_keys& keys, sync_tasks& tasks,
                         leadership_ptr lead, webhook_reach webhooks,
                         place_finder places)
    : tasks_{tasks},
      places_{std::move(places)},
      keys_{keys},
      lead_{std::move(lead)},
      webhooks_{std::move(webhooks),
                [this] {
                  return !stopping_.load();
                }},
      asked_{database_url, asking},
      own_{database_url, keeping},
      telling_{database_url, keeping},
      service_{asked_, keys, tasks_, webhooks_,
               [this] {
                 poke();
               }},
      thread_{start_quiet_thread([this] { run(); })},
      teller_{start_quiet_thread([this] { tell(); })} {
  service_.know_places(places_);
}

sync_runner::~sync_runner() {
  {
    std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_all();
  teller_.join();
  thread_.join();
}

void sync_runner::poke() {
  {
    std::lock_guard lock{mutex_};
    poked_ = true;
  }
  wake_.notify_all();
}

bool sync_runner::rest(std::chrono::seconds pause, bool& poked) {
  std::unique_lock lock{mutex_};
  wake_.wait_for(lock, pause, [&] { return stopping_ || poked; });
  poked = false;
  return !stopping_;
}

void sync_runner::run() {
  std::chrono::seconds pause{0};
  auto answers = true;
  // Not of the clock by which syncs are due: that one is doubted.
  std::chrono::steady_clock::time_point next_correction{};
  while (rest(pause, poked_)) {
    pause = usual_pause;
    if (lead_->term() == 0) {
      next_correction = {};
      continue;
    }
    auto done = own_.use_rows([&](sync_tables& rows) -> result<void> {
      const auto now = utc_now();
      const auto begun = std::chrono::steady_clock::now();
      if (begun >= next_correction) {
        if (auto corrected = correct_next_times(rows, now); !corrected)
          return corrected;
        next_correction = begun + correction_pause;
      }
      return sync_keeper{rows, keys_, tasks_, places_, &service_.counts()}.step(
          now);
    });
    if (!done) {
      pause = long_pause;
      if (std::exchange(answers, false))
        log::warn("scheduled syncs wait, the database does not answer: {}",
                  done.error().what);
    } else if (!std::exchange(answers, true)) {
      log::info("scheduled syncs are running again");
    }
  }
}

void sync_runner::tell() {
  std::chrono::seconds pause{0};
  auto not_poked = false;
  wall_time next_prune{};
  wall_time next_count{};
  message_sender sender{telling_, keys_, webhooks_};
  while (rest(pause, not_poked)) {
    pause = usual_pause;
    if (lead_->term() == 0) {
      service_.counts().forget();
      next_count = {};
      continue;
    }
    const auto now = utc_now();
    if (now >= next_count) {
      auto known = telling_.use([](sync_records& records, sync_inputs&) {
        return records.last_successes(run_counts::most_syncs);
      });
      if (known)
        service_.counts().know(*known);
      next_count = now + count_pause;
    }
    auto done = sender.send_due(now);
    if (done && now >= next_prune) {
      next_prune = now + 1h;
      auto gone = telling_.use_rows(
          [](sync_tables& rows) { return rows.messages.prune(); });
      if (!gone)
        done = gone.error();
    }
    // Messages stay in the database; that it does not answer is logged by the
    // other thread.
    if (!done)
      pause = long_pause;
  }
}

} // namespace motorcade
