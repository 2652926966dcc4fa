#pragma once

#include "controller/api/controller_service.hpp"
#include "controller/syncs/kept_syncs.hpp"
#include "controller/syncs/sync_store.hpp"
#include "runtime/leadership/leadership.hpp"
#include "runtime/sealing/sealing_keys.hpp"
#include "schema/catalog/destination_reach.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace motorcade {

/// Keeps syncs while it lives: the service that the API asks, and a thread that
/// runs what is due while this process leads. Tasks that it has begun go on
/// without it.
class sync_runner {
public:
  /// @param tasks Starts and finds tasks; outlives it.
  /// @param rows_folder Where relative paths of destinations begin; empty: they
  /// are refused.
  /// Throws std::invalid_argument if the database's URL cannot be used.
  sync_runner(const std::string& database_url, const sealing_keys& keys,
              controller_service& tasks, std::string rows_folder,
              leadership_ptr lead);

  /// Stops after the call that is under way, which takes some seconds at most.
  ~sync_runner();

  sync_runner(const sync_runner&) = delete;
  sync_runner& operator=(const sync_runner&) = delete;

  /// @returns the operations of the API; lives as long as this.
  sync_service& service() { return service_; }

private:
  /// Tasks as syncs see them.
  class started_tasks final : public sync_tasks {
  public:
    /// @param service Outlives it.
    /// @param rows_folder As of `sync_runner`.
    started_tasks(controller_service& service, std::string rows_folder)
        : service_{service}, rows_folder_{std::move(rows_folder)} {}

    result<void> start(const task_request& task) override {
      auto placed = task;
      placed.destination_config =
          place_destination(task.destination_config, rows_folder_);
      return service_.start(placed);
    }

    result<void> cancel(const task_key& which) override {
      return service_.cancel(which);
    }

    result<std::optional<task_record>> find(const std::string& id) override {
      return service_.find(id);
    }

  private:
    controller_service& service_;
    const std::string rows_folder_;
  };

  /// Lets the thread look at once.
  void poke();

  /// The thread: a step each second, or after a poke.
  void run();

  started_tasks tasks_;
  const sealing_keys keys_;
  const leadership_ptr lead_;
  /// The API's connection, and the thread's own, so that neither waits for the
  /// other.
  sync_store asked_;
  sync_store own_;
  kept_syncs service_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool poked_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

} // namespace motorcade
