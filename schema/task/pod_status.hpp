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

/// The containers of a task's Pod; others are none of our business, e.g. the
/// proxies that a service mesh puts into every Pod.
inline constexpr std::string_view init_container = "init";
inline constexpr std::string_view source_container = "source";
inline constexpr std::string_view sidecar_container = "sidecar";

/// The end of a container.
struct container_end {
  int exit_code = 0;
  /// Kubernetes' word for it: `Completed`, `Error`, `OOMKilled` …
  std::string reason;
  std::string message;

  bool out_of_memory() const { return reason == "OOMKilled"; }
};

/// The phase of a Pod, or of a local task.
enum class pod_state : uint8_t {
  /// Its containers do not run yet, and nothing speaks against it.
  pending,
  /// No node takes it now; one may come.
  unschedulable,
  /// It will never run, e.g. for want of its image.
  hopeless,
  running,
  /// The source has ended, the sidecar is at its last words.
  ending,
  /// The sidecar has ended, or the Pod as a whole.
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

/// The state of a task as the Pod's object shows it, or the keeper of a local
/// task.
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
  /// The container that a pending Pod waits for, and the reason; may be empty.
  std::string waits_for;
  /// Set once they have ended.
  std::optional<container_end> source;
  std::optional<container_end> sidecar;
  /// Set for a local connector that has ended.
  std::optional<container_use> source_use;
  /// Why it is unschedulable or hopeless, or ended in another way than by its
  /// containers' own ends: evicted, preempted, out of time, its node gone.
  /// Names container and reason.
  std::optional<failure_reason> failure;
};

/// All who look at a Pod share what was seen of it: of thousands of Pods each
/// copy would be felt.
using pod_status_ptr = std::shared_ptr<const pod_status>;

/// Reads a Pod as the Kubernetes API gives it (v1, Pod).
/// @param json One object; what is missing in it counts as not there yet.
/// @returns invalid_argument where it is no Pod with a name.
result<pod_status> read_pod(std::string_view json);

/// A page of the API's list of Pods.
struct pod_list {
  std::vector<pod_status> pods;
  /// Where a watch goes on.
  std::string resource_version;
  /// Asks for the next page; empty: there is none.
  std::string next;
};

/// Reads a PodList (v1). What in it is no Pod is passed over.
/// @returns invalid_argument where it is no list with a resourceVersion.
result<pod_list> read_pod_list(std::string_view json);

enum class pod_event_kind : uint8_t {
  /// A Pod came or changed.
  seen,
  gone,
  /// Nothing but a place from which a watch may go on.
  bookmark,
  /// The watch must begin anew with a list.
  expired,
  /// The API reports an error.
  error,
};

/// A line of a watch.
struct pod_event {
  pod_event_kind kind = pod_event_kind::error;
  /// As it was when it went, where it is gone.
  pod_status pod;
  std::string resource_version;
  /// Of an error.
  std::string message;
};

/// Reads a WatchEvent of Pods.
/// @returns invalid_argument where it is none.
result<pod_event> read_pod_event(std::string_view json);

/// Why a Pod that ended, or never will run, is no success: `failure`, else what
/// the containers' ends tell, the source first where it was killed, since the
/// sidecar's words for it are in the database.
/// @returns nothing where both ended with 0.
std::optional<failure_reason> why_pod_failed(const pod_status& pod);

} // namespace motorcade
