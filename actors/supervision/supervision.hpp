#pragma once

#include "schema/task/failure_reason.hpp"
#include "schema/task/pod_status.hpp"
#include "schema/task/task_place.hpp"
#include "schema/task/task_status.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace motorcade {

/// How long each part of a task's life may take.
struct supervision_limits {
  /// From the Pod's creation until its containers run.
  std::chrono::milliseconds init_timeout{};
  /// Until a node takes the Pod.
  std::chrono::milliseconds unschedulable_timeout{};
  /// From the containers' start until the sidecar has ended, which ends the
  /// task itself after `SYNCCTL_TASK_TIMEOUT_HOURS`.
  std::chrono::milliseconds task_timeout{};
  /// Of a Pod that is to end.
  std::chrono::milliseconds grace{};
  /// Where tasks run, for messages: a local task is not told in words of Pods.
  task_place place = task_place::pod;
};

/// How far a supervised task has come.
enum class task_phase : uint8_t {
  /// Nobody has seen its Pod yet.
  created,
  pending,
  running,
  /// It is known how it ended; that is to be stored.
  finished,
  /// It is stored; Pod and Secret are to go.
  stored,
  /// Nothing is left of it.
  cleaned,
};

/// @returns the enumerator's own name.
std::string_view to_string(task_phase phase);

/// How a task ended, as far as its Pod tells: for the database where its
/// sidecar has not told it.
struct task_verdict {
  task_status status = task_status::failed;
  failure_reason reason;
};

/// The life of one task as its Pod shows it: a state machine without a clock,
/// a database or a cluster.
///
/// However events come, lost, twice or out of order: the verdict is given once
/// and never changes, the Pod is to go only after the verdict is stored, and
/// `cleaned` is reached once both Pod and Secret are known to be gone.
class supervision {
public:
  using time_point = std::chrono::steady_clock::time_point;

  supervision(const supervision_limits& limits, time_point created_at)
      : limits_{limits}, created_at_{created_at} {}

  /// The Pod was seen.
  void see(const pod_status& pod, time_point now);

  /// The Pod is there no more.
  /// @param last What was known of it; may be empty but for its name.
  void lose(const pod_status& last);

  /// There never was a Pod.
  void fail_to_launch(const failure& why);

  /// Somebody wants the task to end.
  void cancel();

  /// The verdict is stored.
  void note_stored();

  /// Pod and Secret are being deleted.
  /// @param pod_gone Whether the Pod is gone already.
  void note_removal(bool pod_gone, time_point now);

  /// Looks at the time limits.
  void tick(time_point now);

  task_phase phase() const { return phase_; }

  /// @returns the verdict, from `finished` on.
  const std::optional<task_verdict>& verdict() const { return verdict_; }

  /// @returns whether Pod and Secret are to be deleted, for the first time or
  /// once more, since they should be gone by now.
  bool wants_removal(time_point now) const;

  /// @returns what was last seen of the Pod, without labels and annotations.
  const pod_status& pod() const { return pod_; }

  /// @returns whether there is a Pod whose containers may have a log.
  bool has_pod() const { return !pod_.name.empty() && !gone_; }

private:
  void finish(task_status status, failure_reason reason);
  void finish_ended();

  /// Why a task failed that somebody else ended.
  failure_reason deleted_reason() const;
  /// Why a task failed of which nothing is left.
  failure_reason vanished_reason() const;

  bool is_local() const { return limits_.place == task_place::local; }

  /// Keeps what is seen of the Pod, but for what nobody here looks at.
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
