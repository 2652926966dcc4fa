#pragma once

#include "runtime/records/task_records.hpp"
#include "runtime/task/task_request.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// Facts about syncctl that do not change while it runs.
struct system_facts {
  std::string version;
  wall_time started_at = {};
  std::string instance_id;
  /// The name of this process among replicas: its host.
  std::string host;
  /// `process` or `kubernetes`.
  std::string runtime;
  /// `postgres` or `sqlite`.
  std::string database;
  /// The folders whose disks may fill up.
  std::vector<std::string> folders;
  /// Where connectors lie; empty: in a registry of images.
  std::string connectors_folder;
};

/// The disk of a folder.
struct disk_space {
  std::string folder;
  uint64_t free_bytes = 0;
  uint64_t total_bytes = 0;
};

/// The health of syncctl.
struct system_report {
  system_facts facts;
  bool leads = false;
  /// The replica that leads; empty: none, or not known.
  std::string leader;
  /// Why the database does not answer; empty: it does.
  std::string database_trouble;
  std::chrono::microseconds database_time{0};
  std::vector<disk_space> disks;
  /// Tasks that are not cleaned away yet; nothing: not known.
  std::optional<uint64_t> tasks;
  /// Scheduled starts that wait for their second.
  std::optional<uint64_t> waiting_starts;
};

/// A connector in the list of all.
struct listed_connector {
  connector_usage use;
  /// Whether its program lies on this machine; nothing: connectors are images.
  std::optional<bool> installed;
};

/// The operations of the HTTP API, without HTTP. Thread-safe; calls block until
/// they are done, for some seconds at most. `list` and `find` know specs,
/// checks and discovers, too: stored ones as `task_records::list_inquiries`,
/// and those that run.
///
/// Failures and their HTTP statuses: invalid_argument and invalid_catalog 400,
/// not_found 404, already_exists 409, too_busy 429, service_unavailable 502
/// (Kubernetes said no), database_unavailable and timed_out 503, anything else
/// 500.
class controller_service : public task_reader {
public:
  /// Starts a task. Returns once its Pod is accepted, or once it is noted,
  /// if it is to start later.
  virtual result<void> start(const task_request& task) = 0;

  /// Ends a task. A task that has ended already is a success, too.
  virtual result<void> cancel(const task_key& which) = 0;

  /// @returns the task id of a read of the sync that is under way, or whose
  /// sidecar may still save states though its row says that it is over; empty:
  /// there is none. timed_out while that is not known.
  virtual result<std::string> find_saving(const std::string& sync_id) = 0;

  /// @returns why the controller cannot serve now: Pods were not listed yet, or
  /// the database does not answer.
  virtual result<void> health() = 0;

  /// @returns why the controller should be given no requests.
  virtual result<void> ready() = 0;

  /// @returns whether this replica is the one that supervises tasks.
  virtual bool leads() const = 0;

  /// @param filter Its `before` and limit mean nothing.
  /// @returns how many tasks fit, by status; `list` knows the same ones.
  virtual result<std::map<task_status, uint64_t>>
  count(const task_filter& filter) = 0;

  /// @param most In bytes; a larger document is left out.
  /// @returns what a spec, check or discover has answered, RUNNING while one
  /// runs; not_found if there was none.
  virtual result<inquiry_answer> answer(const inquiry_key& of,
                                        uint64_t most) = 0;

  /// @returns the connectors that are installed, and those that reads used
  /// lately. One that is installed and was not used has no version.
  virtual result<std::vector<listed_connector>> list_connectors() = 0;

  /// @returns the health of syncctl; blocks for some seconds at most.
  virtual system_report report() = 0;

  /// @returns all metrics in the text format of Prometheus, version 0.0.4.
  virtual std::string metrics() = 0;
};

} // namespace motorcade
