#pragma once

#include "config/controller_settings.hpp"
#include "runtime/task/task_manifest.hpp"
#include "schema/base/result.hpp"

#include <string_view>

namespace motorcade {

/// @returns whether the text can name an image with that version: repository
/// parts of lower-case letters and digits with `.`, `_`, `__` or `-` between
/// them, the host before them with a port perhaps; a tag or a digest. From the
/// grammar of distribution's reference package.
bool is_image(std::string_view package, std::string_view version);

/// Checks a task before its documents are known: whether its image has a valid
/// name, and whether its rows may go where it sends them.
/// @returns invalid_argument as `make_pod_manifest`.
result<void> check_startable(const task_request& task,
                             const controller_settings& settings);

/// Makes the Pod of a task and the Secret with its confidential parts, or, for
/// `controller_runtime::process`, the same for local processes.
///
/// The connector's container sees its own config, catalog and state, and
/// nothing of destination and database; the sidecar has those from the Secret.
/// The check of a destination alone is a Pod with nothing but the sidecar.
/// No container has a token of Kubernetes' API or may gain privileges.
/// Annotations hold the task, so that another controller can take it over.
/// @returns invalid_argument if the image's name is none; if a read names no
/// destination; if a destination is of a kind that is unknown, lies on the
/// machine of a Pod, or reaches what a local task may not; or if the documents
/// are too large: over 16 MiB after compression, or over 32 MiB before.
result<task_manifest> make_pod_manifest(const task_request& task,
                                        const controller_settings& settings);

} // namespace motorcade
