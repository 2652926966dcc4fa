#include "actors/supervision/supervision.hpp"

#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The time that a Pod may take beyond a limit that it should keep by itself:
/// for the kubelet's report, and for the sidecar to store the end.
constexpr auto slack = 60s;

std::string in_seconds(std::chrono::milliseconds time) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count())
         + " s";
}

failure_reason platform_reason(std::string message, std::string detail,
                               failure_type type) {
  auto out = platform_failure(std::move(message));
  out.internal_message = std::move(detail);
  out.type = type;
  return out;
}

std::string place_of(const pod_status& pod) {
  return pod.node.empty() ? "" : " on node " + pod.node;
}

} // namespace

std::string_view to_string(task_phase phase) {
  switch (phase) {
  case task_phase::created:
    return "created";
  case task_phase::pending:
    return "pending";
  case task_phase::running:
    return "running";
  case task_phase::finished:
    return "finished";
  case task_phase::stored:
    return "stored";
  case task_phase::cleaned:
    break;
  }
  return "cleaned";
}

failure_reason supervision::deleted_reason() const {
  if (pod_.disruption)
    return *pod_.disruption;
  return platform_reason(
      is_local() ? "the task's processes were ended from outside"
                 : "the Pod" + place_of(pod_) + " was deleted from outside",
      {}, failure_type::transient_error);
}

failure_reason supervision::vanished_reason() const {
  return platform_reason(is_local() ? "the task's processes are gone"
                                    : "the Pod" + place_of(pod_)
                                          + " vanished: it was deleted, or its "
                                            "node is gone",
                         {}, failure_type::transient_error);
}

void supervision::see(const pod_status& pod, time_point now) {
  if (gone_)
    return;
  keep(pod);
  if (phase_ > task_phase::running)
    return;
  if (pod.being_deleted && !deleted_since_)
    deleted_since_ = now;
  if (pod.state != pod_state::unschedulable)
    unschedulable_since_.reset();
  switch (pod.state) {
  case pod_state::unschedulable:
    if (!unschedulable_since_)
      unschedulable_since_ = now;
    [[fallthrough]];
  case pod_state::pending:
    // A late event does not move the phase back.
    if (phase_ == task_phase::created)
      phase_ = task_phase::pending;
    break;
  case pod_state::hopeless:
    finish(task_status::failed, *pod.failure);
    break;
  case pod_state::running:
  case pod_state::ending:
    phase_ = task_phase::running;
    if (!running_since_)
      running_since_ = now;
    break;
  case pod_state::ended:
    finish_ended();
    break;
  }
}

void supervision::lose(const pod_status& last) {
  if (!last.name.empty() && !gone_)
    keep(last);
  gone_ = true;
  if (phase_ <= task_phase::running) {
    if (pod_.state == pod_state::ended)
      finish_ended();
    else if (pod_.being_deleted)
      finish(task_status::failed, deleted_reason());
    else
      finish(task_status::failed, vanished_reason());
  }
  if (phase_ == task_phase::stored && removal_at_)
    phase_ = task_phase::cleaned;
}

void supervision::keep(const pod_status& pod) {
  pod_ = pod;
  // With thousands of Pods labels and annotations would be most of what is
  // kept.
  pod_.labels = {};
  pod_.annotations = {};
}

void supervision::fail_to_launch(const failure& why) {
  gone_ = true;
  auto reason = platform_reason(is_local() ? "the task could not be started"
                                           : "the Pod could not be created",
                                why.what,
                                why.code == ec::invalid_argument
                                    ? failure_type::config_error
                                    : failure_type::transient_error);
  if (phase_ <= task_phase::running)
    finish(task_status::failed, std::move(reason));
}

void supervision::cancel() {
  if (phase_ <= task_phase::running)
    finish(task_status::cancelled, cancelled_failure());
}

void supervision::note_stored() {
  if (phase_ == task_phase::finished)
    phase_ = task_phase::stored;
}

void supervision::note_removal(bool pod_gone, time_point now) {
  gone_ = gone_ || pod_gone;
  removal_at_ = now;
  if (gone_ && phase_ == task_phase::stored)
    phase_ = task_phase::cleaned;
}

bool supervision::wants_removal(time_point now) const {
  return phase_ == task_phase::stored
         && (!removal_at_ || now - *removal_at_ >= limits_.grace + slack);
}

void supervision::tick(time_point now) {
  if (phase_ > task_phase::running)
    return;
  // The sidecar had its time to store the end, and the kubelet to report it.
  if (deleted_since_ && now - *deleted_since_ >= limits_.grace + slack) {
    auto reason = deleted_reason();
    reason.internal_message =
        is_local() ? "they did not end in time"
                   : "its containers did not end in time; its node may be out "
                     "of reach";
    finish(task_status::failed, std::move(reason));
  } else if (phase_ == task_phase::running) {
    if (now - *running_since_ >= limits_.task_timeout + limits_.grace + slack)
      finish(task_status::time_exceeded,
             platform_reason("the task did not end within "
                                 + in_seconds(limits_.task_timeout),
                             "its sidecar did not end it either",
                             failure_type::timeout));
  } else if (unschedulable_since_
             && now - *unschedulable_since_ >= limits_.unschedulable_timeout) {
    auto reason = pod_.failure.value_or(failure_reason{});
    reason.message += " within " + in_seconds(limits_.unschedulable_timeout);
    finish(task_status::failed, std::move(reason));
  } else if (now - created_at_ >= limits_.init_timeout) {
    finish(task_status::failed,
           platform_reason((is_local() ? "the task's processes did not start "
                                         "within "
                                       : "the Pod's containers did not start "
                                         "within ")
                               + in_seconds(limits_.init_timeout),
                           pod_.waits_for, failure_type::timeout));
  }
}

void supervision::finish_ended() {
  auto reason = why_pod_failed(pod_);
  // The deletion is the reason, whatever exit codes the containers had after
  // SIGTERM; but a sidecar that ended its task by itself has exit code 0.
  if (deleted_since_ && reason
      && (!pod_.sidecar || pod_.sidecar->exit_code != 0))
    reason = deleted_reason();
  if (!reason)
    reason = platform_failure("the sidecar ended without an entry in the "
                              "database");
  finish(task_status::failed, std::move(*reason));
}

void supervision::finish(task_status status, failure_reason reason) {
  phase_ = task_phase::finished;
  verdict_ = task_verdict{status, std::move(reason)};
}

} // namespace motorcade
