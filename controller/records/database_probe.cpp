#include "controller/records/database_probe.hpp"

#include "runtime/base/quiet_thread.hpp"

namespace motorcade {

using clock = std::chrono::steady_clock;

database_probe::database_probe(std::function<result<void>()> look,
                               std::chrono::milliseconds freshness)
    : look_{std::move(look)},
      freshness_{freshness},
      thread_{start_quiet_thread([this] { run(); })} {}

database_probe::~database_probe() {
  {
    std::lock_guard lock{mutex_};
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

result<void> database_probe::ask(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  auto asked = clock::now();
  if (known_ && asked - looked_at_ < freshness_)
    return answer_;
  if (!wanted_ && !looks_)
    began_ = clock::now();
  wanted_ = wanted_ || !looks_;
  changed_.notify_all();
  // A late caller waits only for the rest of the current check.
  if (!changed_.wait_until(lock, began_ + patience,
                           [&] { return over_ || looked_at_ >= asked; }))
    return failure{ec::timed_out, "the database takes longer than "
                                      + std::to_string(patience.count())
                                      + " ms to answer"};
  return answer_;
}

void database_probe::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return over_ || wanted_; });
    if (over_)
      return;
    wanted_ = false;
    looks_ = true;
    lock.unlock();
    auto answer = look_();
    lock.lock();
    looks_ = false;
    answer_ = std::move(answer);
    known_ = true;
    looked_at_ = clock::now();
    changed_.notify_all();
  }
}

} // namespace motorcade
