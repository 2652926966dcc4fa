#pragma once

#include "schema/base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace motorcade {

/// Reads an operator's template for the Pods of all tasks: a Pod, a PodTemplate
/// or a part of either, `{metadata: {labels, annotations}, spec: {…}}`.
///
/// A template must not set what motorcade sets itself: the names of its
/// containers and volumes, all that a Pod's end and its rights depend on, and
/// the labels and annotations by which Pods are found. Its containers must not
/// mount the volumes that hold documents of tasks.
/// @param yaml YAML or JSON, 256 KiB at most.
/// @returns the template as JSON with `metadata` and `spec`, for
/// `add_pod_template`; invalid_argument naming the member, e.g.
/// `spec.containers[0].name`, or the line that is no YAML.
result<std::string> read_pod_template(std::string_view yaml);

/// Adds the members of a template to a Pod. A member that both have keeps the
/// Pod's value; lists that both have are joined, with the template's init
/// containers before the Pod's.
/// @param text As `read_pod_template` returned it; empty: there is no template.
void add_pod_template(nlohmann::json& pod, const std::string& text);

} // namespace motorcade
