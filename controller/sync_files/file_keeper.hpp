#pragma once

#include "controller/records/sync_store.hpp"
#include "controller/sync_files/sync_source.hpp"
#include "controller/syncs/sync_service.hpp"
#include "runtime/base/stop_gate.hpp"
#include "runtime/leadership/leadership.hpp"
#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/webhook/webhook_reach.hpp"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace motorcade {

/// Holds syncs to what a source defines while it lives: looks at it at the
/// start, when it changes, and after each of its pauses. The leader applies the
/// definitions; every process reports what is wrong with those that it sees. It
/// has a thread of its own.
class file_keeper {
public:
  /// @param tell Called after each look with what is wrong with files, from any
  /// thread. Throws std::invalid_argument if the database's URL cannot be used.
  /// @param check A definition that it refuses is not applied; empty: all are.
  file_keeper(std::unique_ptr<sync_source> source,
              const std::string& database_url, const sealing_keys& keys,
              webhook_reach reach, leadership_ptr lead,
              std::function<void(std::vector<file_fault>)> tell,
              sync_check check = {});

  /// Stops after the call that is under way, which takes some seconds at most.
  ~file_keeper();

  file_keeper(const file_keeper&) = delete;
  file_keeper& operator=(const file_keeper&) = delete;

private:
  /// The thread's work.
  void run();

  /// Looks at the files once, and applies them if this process leads.
  void look();

  /// Says in the log what is wrong now and was not before.
  void log_faults(const std::vector<file_fault>& faults);

  const std::unique_ptr<sync_source> source_;
  const sealing_keys keys_;
  const webhook_reach reach_;
  const leadership_ptr lead_;
  const std::function<void(std::vector<file_fault>)> tell_;
  const sync_check check_;
  sync_store store_;
  std::vector<file_fault> known_;
  stop_gate gate_;
  std::thread thread_;
};

} // namespace motorcade
