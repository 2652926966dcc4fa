#pragma once

#include "runtime/kubernetes/pod_manifest.hpp"
#include "runtime/task/pod_api.hpp"

namespace motorcade {

/// Creates a task's Secret and Pod, and makes the Pod the owner of the Secret,
/// which owns the further Secrets of the task.
/// If that fails, both are deleted, as far as the API can be reached;
/// `sweep_secrets` finds what remains. If it is not known whether the Pod
/// exists, the Secret stays.
///
/// Several processes may launch one task at once: one of them creates the Pod,
/// and the failures of the others leave that Pod and its Secret alone. A Secret
/// without a Pod counts as left behind only after some seconds.
///
/// If the answer to a create was lost, the object is looked for before the
/// create is repeated. Each call is tried some times if it may pass.
/// @returns the Pod; already_exists if there is a Pod of that name that is not
/// known to come from this very call.
result<pod_status> launch_pod(pod_api& api, const task_manifest& manifest);

/// Deletes Secrets older than `age` whose Pod does not exist.
/// @param now The time, by the API's clock or nearly so.
/// @returns the number of deleted Secrets.
result<size_t> sweep_secrets(pod_api& api, wall_time now,
                             std::chrono::seconds age);

/// @returns the name of a Pod's Secret.
std::string secret_name(const std::string& pod);

} // namespace motorcade
