#pragma once

#include "schema/base/result.hpp"
#include "schema/task/failure_reason.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The containers of a task's Pod. Others are ignored, e.g. the proxies that a
/// service mesh puts into every Pod, unless they keep it from starting.
inline constexpr std::string_view init_container = "init";
inline constexpr std::string_view source_container = "source";
inline constexpr std::string_view sidecar_container = "sidecar";

/// The end of a container.
struct container_end {
  int exit_code = 0;
  /// Kubernetes' word for it: `Completed`, `Error`, `OOMKilled` …
  std::string reason;
  std::string message;

  /// @returns whether the kernel killed the container for its memory.
  bool out_of_memory() const { return reason == "OOMKilled"; }
};

/// The phase of a Pod, or of a local task.
enum class pod_state : uint8_t {
  /// Its containers do not run yet, and no reason against it is known.
  pending,
  /// No node has room for it now; one may later.
  unschedulable,
  /// It will never run, e.g. because its image does not exist.
  hopeless,
  running,
  /// The source has ended; the sidecar delivers what is left.
  ending,
  /// The sidecar has ended, or the whole Pod.
  ended,
};

/// @returns the enumerator's own name.
std::string_view to_string(pod_state state);

/// The CPU time and memory that a connector has used, as the kernel counted
/// them.
struct container_use {
  std::chrono::microseconds cpu{};
  /// From its start to its end.
  std::chrono::milliseconds wall{};
  /// The most memory of one of its processes at a time; 0: not known.
  uint64_t peak_bytes = 0;
};

/// The state of a task: in Kubernetes as the Pod's object shows it, of a local
/// task as its keeper reports it.
struct pod_status {
  std::string name;
  /// The uid: tells a Pod from another of the same name.
  std::string uid;
  std::string resource_version;
  std::string node;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  /// `2026-01-31T23:59:59Z`.
  std::string created_at;
  /// Its deletion was requested.
  bool being_deleted = false;
  pod_state state = pod_state::pending;
  /// What a pending Pod waits for: a container and the reason, or a scheduler;
  /// may be empty.
  std::string waits_for;
  /// The ends of the containers; nothing: the container has not ended.
  std::optional<container_end> source;
  std::optional<container_end> sidecar;
  /// Set for a local connector that has ended.
  std::optional<container_use> source_use;
  /// Why it is unschedulable or hopeless, or ended in another way than by its
  /// containers' own ends: evicted, preempted, out of time, its node gone.
  /// Names container and reason.
  std::optional<failure_reason> failure;
  /// Why Kubernetes has the Pod deleted, if it tells: evicted, preempted, its
  /// node tainted. Set before its containers are told to end.
  std::optional<failure_reason> disruption;
};

/// The watch, the registry and the supervisor share one status of a Pod, since
/// copies for thousands of Pods would take much memory.
using pod_status_ptr = std::shared_ptr<const pod_status>;

/// Reads a Pod as the Kubernetes API gives it (v1, Pod).
/// @param json One object; a member that is missing counts as not set yet.
/// @returns invalid_argument if it is no Pod with a name.
result<pod_status> read_pod(std::string_view json);

/// A page of the API's list of Pods.
struct pod_list {
  std::vector<pod_status> pods;
  /// The version from which a watch goes on.
  std::string resource_version;
  /// Asks for the next page; empty: there is none.
  std::string next;
};

/// Reads a PodList (v1). Items that are no Pods are ignored.
/// @returns invalid_argument if it is no list with a resourceVersion.
result<pod_list> read_pod_list(std::string_view json);

/// What a watch reports of a Pod.
enum class pod_event_kind : uint8_t {
  /// A Pod came or changed.
  seen,
  gone,
  /// Only a version from which a watch may go on.
  bookmark,
  /// The watch must begin anew with a list.
  expired,
  /// The API reports an error.
  error,
};

/// A line of a watch.
struct pod_event {
  pod_event_kind kind = pod_event_kind::error;
  /// The Pod as it is; of one that is gone, as it was last.
  pod_status pod;
  std::string resource_version;
  /// The API's words about an error; empty otherwise.
  std::string message;
};

/// Reads a WatchEvent of Pods.
/// @returns invalid_argument if it is none.
result<pod_event> read_pod_event(std::string_view json);

/// @param pod A Pod that has ended, or will never run.
/// @returns the reason for which it is no success, the first of these: its
/// `failure`, a source out of memory, a sidecar that failed, a source that
/// failed, an end without a sidecar's; nothing if there is none. The sidecar
/// comes before the source, since it knows more about a source that failed.
std::optional<failure_reason> why_pod_failed(const pod_status& pod);

} // namespace motorcade
