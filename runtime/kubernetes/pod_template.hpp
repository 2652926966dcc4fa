#pragma once

#include "schema/base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace motorcade {

/// Reads what an operator wants in every Pod of a task: a Pod, a PodTemplate or
/// a part of either, `{metadata: {labels, annotations}, spec: {…}}`.
///
/// It may not say what motorcade says itself: names of its containers and
/// volumes, what the Pod's end and its rights depend on, the labels and
/// annotations by which Pods are found. Containers of the template may not see
/// the volumes that hold documents of tasks.
/// @param yaml YAML or JSON, 256 KiB at most.
/// @returns the template as JSON with `metadata` and `spec`, for
/// `add_pod_template`; invalid_argument naming the member, e.g.
/// `spec.containers[0].name`, or the line that is no YAML.
result<std::string> read_pod_template(std::string_view yaml);

/// Adds what a template has to a Pod. What stands in both is the Pod's; of
/// lists the Pod gets both parts, containers of init of the template first.
/// @param text Of `read_pod_template`; empty: nothing.
void add_pod_template(nlohmann::json& pod, const std::string& text);

} // namespace motorcade
