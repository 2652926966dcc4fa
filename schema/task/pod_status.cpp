#include "schema/task/pod_status.hpp"

#include "schema/json/json_tree.hpp"
#include "schema/task/image_trouble.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace motorcade {

namespace {

using nlohmann::json;

const json nothing;

/// Parses a document with Pods, without the parts that are never used and are
/// most of it: the specs, and the managers of fields.
json parse_pods(std::string_view text) {
  constexpr std::array<std::string_view, 5> unread = {
      "managedFields", "containers", "initContainers", "volumes",
      "tolerations"};
  auto wanted = [&](int, json::parse_event_t event, const json& parsed) {
    return event != json::parse_event_t::key
           || std::find(unread.begin(), unread.end(),
                        parsed.get_ref<const std::string&>())
                  == unread.end();
  };
  return json::parse(text, wanted, /*allow_exceptions*/ false);
}

/// The waiting reason of a container that will not start by itself: a wrong
/// image's name, a missing Secret. A registry that is away for a moment causes
/// ErrImagePull as well, which the failure's type says; to start a task anew
/// costs less than minutes of waiting for an image that does not exist.
bool is_hopeless(std::string_view reason) {
  constexpr std::array<std::string_view, 11> reasons = {
      "ErrImagePull",
      "ImagePullBackOff",
      "InvalidImageName",
      "ErrImageNeverPull",
      "ImageInspectError",
      "RegistryUnavailable",
      "CreateContainerConfigError",
      "CreateContainerError",
      "RunContainerError",
      "PreCreateHookError",
      "PostStartHookError",
  };
  return std::find(reasons.begin(), reasons.end(), reason) != reasons.end();
}

failure_reason pod_failure(std::string message, const std::string& detail) {
  auto out = platform_failure(std::move(message));
  out.internal_message = detail;
  return out;
}

/// @returns the status of the container of that name, or null.
const json& find_container(const json& statuses, std::string_view name) {
  if (statuses.is_array())
    for (const auto& one : statuses)
      if (text_at(one, "name") == name)
        return one;
  return nothing;
}

std::optional<container_end> read_end(const json& container) {
  const auto& terminated =
      member_at(member_at(container, "state"), "terminated");
  if (!terminated.is_object())
    return std::nullopt;
  return container_end{static_cast<int>(integer_at(terminated, "exitCode")),
                       text_at(terminated, "reason"),
                       text_at(terminated, "message")};
}

bool is_running(const json& container) {
  return member_at(member_at(container, "state"), "running").is_object();
}

/// @returns whether a container ended without having run, e.g. since its image
/// has no shell, by the words of containerd and Docker. The other containers
/// would wait for it at the pipes.
bool never_ran(const container_end& end) {
  return end.reason == "StartError" || end.reason == "ContainerCannotRun";
}

/// @returns the container's name for a person, who is to know whether it is one
/// that this program asked for.
std::string title_of(const json& container) {
  auto name = text_at(container, "name");
  auto ours = name == init_container || name == source_container
              || name == sidecar_container;
  return "container " + name + (ours ? "" : " (not one of motorcade's)");
}

/// @returns why a container will never start; nothing: it may start.
std::optional<failure_reason> find_obstacle(const json& container) {
  if (auto end = read_end(container); end && never_ran(*end)) {
    auto out = pod_failure(
        title_of(container) + " cannot start: " + end->reason, end->message);
    out.exit_code = end->exit_code;
    out.type = failure_type::config_error;
    return out;
  }
  const auto& waiting = member_at(member_at(container, "state"), "waiting");
  auto reason = text_at(waiting, "reason");
  if (!is_hopeless(reason))
    return std::nullopt;
  auto message = text_at(waiting, "message");
  auto said = title_of(container) + " cannot start: " + reason;
  // Most obstacles are a wrong image or Secret that a person has to correct.
  auto type = failure_type::config_error;
  switch (judge_image_trouble(reason, message)) {
  case image_trouble::image:
    break;
  case image_trouble::registry:
    said += ", the registry of its image is out of reach or overloaded";
    type = failure_type::transient_error;
    break;
  case image_trouble::node:
    said += ", its node cannot fetch an image now";
    type = failure_type::transient_error;
    break;
  }
  auto out = pod_failure(std::move(said), message);
  out.type = type;
  return out;
}

/// @returns container and reason; empty: it does not wait.
std::string find_wait(const json& container) {
  auto reason =
      text_at(member_at(member_at(container, "state"), "waiting"), "reason");
  return reason.empty() ? "" : title_of(container) + ": " + reason;
}

const json& find_condition(const json& status, std::string_view type) {
  const auto& conditions = member_at(status, "conditions");
  if (conditions.is_array())
    for (const auto& one : conditions)
      if (text_at(one, "type") == type)
        return one;
  return nothing;
}

std::optional<failure_reason> find_scheduling_trouble(const json& status) {
  const auto& scheduled = find_condition(status, "PodScheduled");
  if (text_at(scheduled, "status") != "False"
      || text_at(scheduled, "reason") != "Unschedulable")
    return std::nullopt;
  auto out =
      pod_failure("no node can take the Pod", text_at(scheduled, "message"));
  out.type = failure_type::transient_error;
  return out;
}

/// @returns what a Pod without a node waits for; empty: it has one, or the
/// scheduler's answer is no trouble yet.
std::string find_scheduling_wait(const json& pod) {
  if (!text_at(member_at(pod, "spec"), "nodeName").empty())
    return {};
  const auto& scheduled =
      find_condition(member_at(pod, "status"), "PodScheduled");
  if (!scheduled.is_object())
    return "no scheduler has looked at the Pod";
  if (text_at(scheduled, "status") != "False")
    return {};
  // E.g. SchedulingGated: something else in the cluster holds it back.
  return "PodScheduled: " + text_at(scheduled, "reason") + ' '
         + text_at(scheduled, "message");
}

/// @returns why Kubernetes has the Pod deleted: evicted by its API, preempted
/// for another Pod, its node tainted; nothing: that is not told.
std::optional<failure_reason> find_disruption(const json& status) {
  const auto& target = find_condition(status, "DisruptionTarget");
  if (text_at(target, "status") != "True")
    return std::nullopt;
  auto out = pod_failure("the Pod was ended by Kubernetes: "
                             + text_at(target, "reason"),
                         text_at(target, "message"));
  out.type = failure_type::transient_error;
  return out;
}

/// @returns what Kubernetes did to the whole Pod: evicted, preempted, shut down
/// with its node.
std::optional<failure_reason> find_verdict(const json& status) {
  auto reason = text_at(status, "reason");
  if (reason.empty())
    return std::nullopt;
  auto out = pod_failure("the Pod was ended by Kubernetes: " + reason,
                         text_at(status, "message"));
  if (reason != "DeadlineExceeded")
    out.type = failure_type::transient_error;
  else
    out.type = failure_type::timeout;
  return out;
}

/// @returns why an init container failed; nothing: it did not.
std::optional<failure_reason> find_init_failure(const json& container) {
  auto end = read_end(container);
  if (!end || end->exit_code == 0)
    return std::nullopt;
  auto out = pod_failure(title_of(container) + " failed"
                             + (end->reason.empty() || end->reason == "Error"
                                    ? ""
                                    : ": " + end->reason),
                         end->message);
  out.exit_code = end->exit_code;
  return out;
}

/// Fills in state, failure and what is waited for.
void judge(pod_status& pod, const json& object) {
  const auto& status = member_at(object, "status");
  const auto& containers = member_at(status, "containerStatuses");
  const auto& source = find_container(containers, source_container);
  const auto& sidecar = find_container(containers, sidecar_container);
  const auto& inits = member_at(status, "initContainerStatuses");
  pod.source = read_end(source);
  pod.sidecar = read_end(sidecar);
  pod.disruption = find_disruption(status);
  auto phase = text_at(status, "phase");
  auto over = phase == "Succeeded" || phase == "Failed";
  if (over)
    pod.failure = find_verdict(status);
  // One that another program put there may be started again, and keeps the Pod
  // from running only once the whole Pod has failed.
  auto init_failed = false;
  if (inits.is_array() && !pod.sidecar)
    for (const auto& init : inits) {
      if (!over && text_at(init, "name") != init_container)
        continue;
      auto why = find_init_failure(init);
      init_failed = init_failed || why;
      if (!pod.failure)
        pod.failure = std::move(why);
    }
  if (over || pod.sidecar || init_failed) {
    pod.state = pod_state::ended;
    return;
  }
  auto look_at = [&pod](const json& container) {
    if (!pod.failure)
      pod.failure = find_obstacle(container);
    if (pod.waits_for.empty())
      pod.waits_for = find_wait(container);
  };
  if (inits.is_array())
    for (const auto& init : inits)
      look_at(init);
  look_at(source);
  look_at(sidecar);
  if (pod.waits_for.empty())
    pod.waits_for = find_scheduling_wait(object);
  if (pod.failure)
    pod.state = pod_state::hopeless;
  else if (pod.source)
    pod.state = pod_state::ending;
  // Once Kubernetes tells of containers it tells of all: a Pod without `source`
  // has a sidecar alone.
  else if (is_running(sidecar) && (source.is_null() || is_running(source)))
    pod.state = pod_state::running;
  else if ((pod.failure = find_scheduling_trouble(status)))
    pod.state = pod_state::unschedulable;
}

/// @returns nothing if the object is no Pod with a name.
std::optional<pod_status> to_pod(const json& pod) {
  const auto& metadata = member_at(pod, "metadata");
  pod_status out;
  out.name = text_at(metadata, "name");
  if (out.name.empty())
    return std::nullopt;
  out.uid = text_at(metadata, "uid");
  out.resource_version = text_at(metadata, "resourceVersion");
  out.created_at = text_at(metadata, "creationTimestamp");
  out.labels = texts_of(member_at(metadata, "labels"));
  out.annotations = texts_of(member_at(metadata, "annotations"));
  out.being_deleted = !text_at(metadata, "deletionTimestamp").empty();
  out.node = text_at(member_at(pod, "spec"), "nodeName");
  judge(out, pod);
  return out;
}

} // namespace

std::string_view to_string(pod_state state) {
  switch (state) {
  case pod_state::pending:
    return "pending";
  case pod_state::unschedulable:
    return "unschedulable";
  case pod_state::hopeless:
    return "hopeless";
  case pod_state::running:
    return "running";
  case pod_state::ending:
    return "ending";
  case pod_state::ended:
    break;
  }
  return "ended";
}

result<pod_status> read_pod(std::string_view object) {
  auto pod = to_pod(parse_pods(object));
  if (!pod)
    return failure{ec::invalid_argument, "no Pod: it has no metadata.name"};
  return std::move(*pod);
}

result<pod_list> read_pod_list(std::string_view object) {
  auto parsed = parse_pods(object);
  const auto& metadata = member_at(parsed, "metadata");
  pod_list out;
  out.resource_version = text_at(metadata, "resourceVersion");
  out.next = text_at(metadata, "continue");
  const auto& items = member_at(parsed, "items");
  if (out.resource_version.empty() || !(items.is_array() || items.is_null()))
    return failure{ec::invalid_argument, "no list of Pods"};
  for (const auto& item : items)
    if (auto pod = to_pod(item))
      out.pods.push_back(std::move(*pod));
  return out;
}

result<pod_event> read_pod_event(std::string_view object) {
  constexpr int gone = 410;
  auto parsed = parse_pods(object);
  auto type = text_at(parsed, "type");
  const auto& subject = member_at(parsed, "object");
  pod_event out;
  if (type == "ERROR") {
    // The object is a Status, as the answer 410 to a list would be.
    out.kind = integer_at(subject, "code") == gone ? pod_event_kind::expired
                                                   : pod_event_kind::error;
    out.message = text_at(subject, "message");
    return out;
  }
  out.resource_version =
      text_at(member_at(subject, "metadata"), "resourceVersion");
  if (type == "BOOKMARK" && !out.resource_version.empty()) {
    out.kind = pod_event_kind::bookmark;
    return out;
  }
  auto pod = to_pod(subject);
  if (!pod || (type != "ADDED" && type != "MODIFIED" && type != "DELETED"))
    return failure{ec::invalid_argument, "no event of a Pod"};
  out.kind = type == "DELETED" ? pod_event_kind::gone : pod_event_kind::seen;
  out.pod = std::move(*pod);
  return out;
}

std::optional<failure_reason> why_pod_failed(const pod_status& pod) {
  if (pod.failure)
    return pod.failure;
  // The sidecar knows more about a source that failed than the source's exit
  // code says.
  if (pod.source && pod.source->out_of_memory()) {
    failure_reason out;
    out.message = "the connector was killed for want of memory (OOMKilled)";
    out.internal_message = pod.source->message;
    out.exit_code = pod.source->exit_code;
    return out;
  }
  if (pod.sidecar && pod.sidecar->exit_code != 0) {
    auto out = pod_failure(pod.sidecar->out_of_memory()
                               ? "the sidecar was killed for want of memory "
                                 "(OOMKilled)"
                               : "the sidecar failed",
                           pod.sidecar->message);
    out.exit_code = pod.sidecar->exit_code;
    return out;
  }
  if (pod.source && pod.source->exit_code != 0) {
    failure_reason out;
    out.message = "the connector failed";
    out.internal_message = pod.source->message;
    out.exit_code = pod.source->exit_code;
    return out;
  }
  if (pod.state == pod_state::ended && !pod.sidecar)
    return pod_failure("the Pod ended without its sidecar", {});
  return std::nullopt;
}

} // namespace motorcade
