#pragma once

#include "controller/records/sync_store.hpp"
#include "controller/syncs/kept_syncs.hpp"
#include "controller/syncs/run_place.hpp"
#include "controller/syncs/sync_tasks.hpp"
#include "runtime/leadership/leadership.hpp"
#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/webhook/webhook_sender.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace motorcade {

/// Keeps syncs while it lives: the service that the API asks, and threads that
/// run what is due and send notifications, while this process leads. Tasks that
/// it has begun go on without it.
class sync_runner {
public:
  /// @param tasks Starts and finds tasks; outlives it.
  /// @param webhooks The hosts that notifications may reach.
  /// @param places Tells where runs bring rows.
  /// Throws std::invalid_argument if the database's URL cannot be used.
  sync_runner(const std::string& database_url, const sealing_keys& keys,
              sync_tasks& tasks, leadership_ptr lead, webhook_reach webhooks,
              place_finder places);

  /// Stops after the call that is under way, which takes some seconds at most.
  ~sync_runner();

  sync_runner(const sync_runner&) = delete;
  sync_runner& operator=(const sync_runner&) = delete;

  /// @returns the operations of the API; lives as long as this.
  sync_service& service() { return service_; }

  /// As `kept_syncs::know_manager`.
  void know_manager(std::string name) {
    service_.know_manager(std::move(name));
  }

  /// As `kept_syncs::know_check`.
  void know_check(sync_check check) { service_.know_check(std::move(check)); }

  /// As `kept_syncs::know_files`; any thread.
  void know_files(std::vector<file_fault> faults) {
    service_.know_files(std::move(faults));
  }

private:
  /// Lets the thread that runs syncs take a step at once.
  void poke();

  /// A thread: a step each second, or after a poke.
  void run();
  /// Another thread: sends notifications, so that no run waits for them.
  void tell();

  /// Waits for the pause to be over, for a poke, or for the end.
  /// @returns whether the threads go on.
  bool rest(std::chrono::seconds pause, bool& poked);

  sync_tasks& tasks_;
  const place_finder places_;
  const sealing_keys keys_;
  const leadership_ptr lead_;
  std::atomic<bool> stopping_ = false;
  const webhook_sender webhooks_;
  /// The API's connection, and those of the threads, so that none waits for
  /// another.
  sync_store asked_;
  sync_store own_;
  sync_store telling_;
  kept_syncs service_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool poked_ = false;
  std::thread thread_;
  std::thread teller_;
};

} // namespace motorcade
