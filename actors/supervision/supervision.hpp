#pragma once

#include "schema/task/failure_reason.hpp"
#include "schema/task/pod_status.hpp"
#include "schema/task/task_place.hpp"
#include "schema/task/task_status.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace motorcade {

/// The time limits of the parts of a task's life.
struct supervision_limits {
  /// From the Pod's creation until its containers run.
  std::chrono::milliseconds init_timeout{};
  /// Until a node takes the Pod.
  std::chrono::milliseconds unschedulable_timeout{};
  /// From the containers' start until the sidecar has ended, which ends the
  /// task itself after `SYNCCTL_TASK_TIMEOUT_HOURS`.
  std::chrono::milliseconds task_timeout{};
  /// For the end of a Pod.
  std::chrono::milliseconds grace{};
  /// The place of tasks, for messages: those about a local task do not speak of
  /// Pods.
  task_place place = task_place::pod;
};

/// The phase of a supervised task.
enum class task_phase : uint8_t {
  /// Its Pod was not seen yet.
  created,
  pending,
  running,
  /// Its end is known, and is to be stored.
  finished,
  /// Its end is stored; Pod and Secret are to be deleted.
  stored,
  /// Pod and Secret are gone.
  cleaned,
};

/// @returns the enumerator's own name.
std::string_view to_string(task_phase phase);

/// The end of a task, as far as its Pod shows it: stored if its sidecar has not
/// stored the end.
struct task_verdict {
  task_status status = task_status::failed;
  failure_reason reason;
};

/// The life of one task as its Pod shows it: a state machine without a clock,
/// a database or a cluster.
///
/// Events may be lost, come twice or out of order: the verdict is given once
/// and never changes, the Pod is deleted only after the verdict is stored, and
/// `cleaned` is reached once both Pod and Secret are known to be gone.
class supervision {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// @param created_at The time from which the containers' start is timed.
  supervision(const supervision_limits& limits, time_point created_at)
      : limits_{limits}, created_at_{created_at} {}

  /// Times the start of the containers from then on: the Pod was made later
  /// than it was asked for.
  void begin_at(time_point then) { created_at_ = then; }

  /// Notes the Pod's current status.
  void see(const pod_status& pod, time_point now);

  /// Notes that the Pod is gone.
  /// @param last Its last known status; may be empty except for its name.
  void lose(const pod_status& last);

  /// Notes that no Pod could be launched.
  void fail_to_launch(const failure& why);

  /// Notes a cancel of the task.
  void cancel();

  /// Notes that the verdict is stored.
  void note_stored();

  /// Notes that Pod and Secret are being deleted.
  /// @param pod_gone Whether the Pod is gone already.
  void note_removal(bool pod_gone, time_point now);

  /// Checks the time limits.
  void tick(time_point now);

  /// @returns the phase, which only goes forward.
  task_phase phase() const { return phase_; }

  /// @returns the verdict, from `finished` on.
  const std::optional<task_verdict>& verdict() const { return verdict_; }

  /// @returns whether Pod and Secret are to be deleted, for the first time or
  /// once more, since they should be gone by now.
  bool wants_removal(time_point now) const;

  /// @returns the last seen status of the Pod, without labels and annotations.
  const pod_status& pod() const { return pod_; }

  /// @returns whether there is a Pod whose containers may have a log.
  bool has_pod() const { return !pod_.name.empty() && !gone_; }

private:
  /// Ends the supervision with this verdict.
  void finish(task_status status, failure_reason reason);

  /// Ends the supervision of a task whose containers have ended and whose
  /// sidecar did not store the task's end. The verdict is FAILED, for the
  /// reason that the Pod shows.
  void finish_ended();

  /// @returns the reason of a task that was ended from outside.
  failure_reason deleted_reason() const;
  /// @returns the reason of a task whose Pod vanished.
  failure_reason vanished_reason() const;

  /// @returns whether the task runs as local processes.
  bool is_local() const { return limits_.place == task_place::local; }

  /// Keeps the status of the Pod, without the parts that are not used here.
  void keep(const pod_status& pod);

  supervision_limits limits_;
  time_point created_at_;
  task_phase phase_ = task_phase::created;
  pod_status pod_;
  bool gone_ = false;
  std::optional<time_point> running_since_;
  std::optional<time_point> unschedulable_since_;
  std::optional<time_point> deleted_since_;
  std::optional<time_point> removal_at_;
  std::optional<task_verdict> verdict_;
};

} // namespace motorcade
