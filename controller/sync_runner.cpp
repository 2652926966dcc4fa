#include "controller/sync_runner.hpp"

#include "controller/syncs/sync_keeper.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"

#include <chrono>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// Of the API's calls: a client waits.
constexpr database_patience asking{3s, 5s};
constexpr database_patience keeping{10s, 30s};
/// Between two looks, and after a database that does not answer.
constexpr auto usual_pause = 1s;
constexpr auto long_pause = 5s;

} // namespace

sync_runner::sync_runner(const std::string& database_url,
                         const sealing_keys& keys, controller_service& tasks,
                         std::string rows_folder, leadership_ptr lead)
    : tasks_{tasks, std::move(rows_folder)},
      keys_{keys},
      lead_{std::move(lead)},
      asked_{database_url, asking},
      own_{database_url, keeping},
      service_{asked_, keys, tasks_,
               [this] {
                 poke();
               }},
      thread_{start_quiet_thread([this] { run(); })} {}

sync_runner::~sync_runner() {
  {
    std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void sync_runner::poke() {
  {
    std::lock_guard lock{mutex_};
    poked_ = true;
  }
  wake_.notify_all();
}

void sync_runner::run() {
  std::chrono::seconds pause{0};
  auto answers = true;
  for (;;) {
    {
      std::unique_lock lock{mutex_};
      wake_.wait_for(lock, pause, [this] { return stopped_ || poked_; });
      if (stopped_)
        return;
      poked_ = false;
    }
    pause = usual_pause;
    if (lead_->term() == 0)
      continue;
    auto done = own_.use([this](sync_records& records, sync_inputs& inputs) {
      return sync_keeper{records, inputs, keys_, tasks_}.step(utc_now());
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

} // namespace motorcade
