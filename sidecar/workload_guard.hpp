#pragma once

#include "actors/sync/sidecar_actors.hpp"
#include "config/settings.hpp"
#include "runtime/control_plane/control_plane.hpp"
#include "runtime/control_plane/output_place.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace motorcade {

/// Reports a task to a control plane, in a thread of its own, and passes on the
/// control plane's wish to end it. Without a control plane it does nothing.
class workload_guard {
public:
  /// @param settings Outlives this.
  explicit workload_guard(const sidecar_settings& settings);
  ~workload_guard();
  workload_guard(const workload_guard&) = delete;
  workload_guard& operator=(const workload_guard&) = delete;

  /// Begins the heartbeats. Precondition: called once at most.
  /// @param on_end Called at most once, from that thread, if the task must end:
  /// `cancelled` if the control plane has ended the workload, `timed_out` if it
  /// was out of reach for too long.
  void watch(std::function<void(const failure&)> on_end);

  /// Writes the result document, and reports the end of the task; a failure of
  /// either makes the outcome a failed one. After a stop signal it tries once.
  /// Precondition: the task is over.
  /// @param document May be empty if `wants_document` is false.
  void report(task_result& outcome, const std::string& document);

  /// @returns whether there is a place for the result document.
  bool wants_document() const;

  /// Ends the heartbeats; the task is over.
  void stop();

private:
  /// Sends heartbeats until it is told to stop, or the control plane ends the
  /// task; the thread's work.
  /// @param on_end Called once if the control plane ends the task.
  void run(const std::function<void(const failure&)>& on_end);

  /// Writes the result document to WORKLOAD_OUTPUT, to the store of
  /// STORAGE_TYPE and to the internal API, each if it is set. Blocks.
  result<void> write_document(const std::string& document,
                              const retry_wait& wait) const;

  const sidecar_settings& settings_;
  control_plane_settings plane_;
  control_plane beats_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  /// The reason if the control plane ended the task.
  std::optional<failure> ended_by_plane_;
};

/// @returns the places of the result document, besides the internal API. Fails
/// with invalid_argument, and the name of the setting, if WORKLOAD_OUTPUT, the
/// key of a service account or a connection string cannot be used.
result<std::vector<output_place>>
find_output_places(const sidecar_settings& settings);

} // namespace motorcade
