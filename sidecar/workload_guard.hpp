#pragma once

#include "actors/sync/protocol.hpp"
#include "config/settings.hpp"
#include "runtime/control_plane/control_plane.hpp"
#include "runtime/control_plane/heartbeat_schedule.hpp"
#include "runtime/control_plane/output_place.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace motorcade {

/// Lets a control plane know of a task, in a thread of its own, and passes on
/// when it wants the task to end. Where none is set it does nothing.
class workload_guard {
public:
  explicit workload_guard(const sidecar_settings& settings);
  ~workload_guard();
  workload_guard(const workload_guard&) = delete;
  workload_guard& operator=(const workload_guard&) = delete;

  /// Begins. Precondition: called once at most.
  /// @param on_end Called at most once, from that thread, where the task must
  /// end: `cancelled` where the control plane has ended the workload,
  /// `timed_out` where it was out of reach for too long.
  void watch(std::function<void(const failure&)> on_end);

  /// Writes the result document, and reports how the task ended; what goes
  /// wrong with that makes the outcome a failed one. Told to stop, it tries
  /// once. Precondition: the task is over.
  /// @param document May be empty where there is no place for it.
  void report(task_result& outcome, const std::string& document);

  /// @returns whether somebody wants the result document.
  bool wants_document() const;

  /// Ends the heartbeats; the task is over.
  void stop();

private:
  void run(const std::function<void(const failure&)>& on_end);
  result<void> write_document(const std::string& document,
                              const retry_wait& wait) const;

  const sidecar_settings& settings_;
  control_plane_settings plane_;
  control_plane beats_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  /// Why the task was ended.
  std::optional<failure> ended_by_plane_;
};

/// @returns where the result document goes, nothing where it is not wanted.
/// Fails with invalid_argument where WORKLOAD_OUTPUT is no place.
result<std::optional<output_place>>
find_output_place(const sidecar_settings& settings);

} // namespace motorcade
