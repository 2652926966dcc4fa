#pragma once

#include "runtime/kubernetes/pod_manifest.hpp"
#include "runtime/task/pod_api.hpp"

namespace motorcade {

/// Creates a task's Secret and Pod, and gives the one to the other. Nothing
/// stays behind where that fails, as far as the API can be reached; what does
/// is found by `sweep_secrets`. A Pod of which nobody can tell whether it is
/// there keeps its Secret.
///
/// Several processes may launch one task at once: one of them creates the Pod,
/// and the others' failures leave that and its Secret alone. A Secret without a
/// Pod counts as left behind only after some seconds.
///
/// A create whose answer was lost is asked after before it is repeated; each
/// call is tried some times where it may pass.
/// @returns the Pod; already_exists where there is a Pod of that name which
/// is not known to come from this very call.
result<pod_status> launch_pod(pod_api& api, const task_manifest& manifest);

/// Deletes Secrets older than `age` whose Pod does not exist.
/// @param now Of the API's clock or nearly so.
/// @returns how many.
result<size_t> sweep_secrets(pod_api& api, wall_time now,
                             std::chrono::seconds age);

/// @returns the name of a Pod's Secret.
std::string secret_name(const std::string& pod);

} // namespace motorcade
