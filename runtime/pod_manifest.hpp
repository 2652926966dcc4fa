#pragma once

#include "config/controller_settings.hpp"
#include "runtime/task_request.hpp"
#include "schema/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace motorcade {

/// A task as what runs it wants it.
struct pod_manifest {
  std::string name;
  /// Objects of Kubernetes, as JSON texts. The Secret is to be created first,
  /// and to be given to the Pod afterwards (ownerReference), so that it goes
  /// with it.
  std::string secret;
  std::string pod;
  /// Set, and the texts empty, where local processes are to run it.
  std::shared_ptr<const task_request> task = nullptr;
};

/// The label that all Pods and Secrets of ours have, and its value.
inline constexpr std::string_view creator_label = "jitsu.com/creator";
inline constexpr std::string_view creator_value = "bulker-sync-controller";

/// @returns whether the text can name an image with that version: repository
/// parts of lower-case letters and digits with `.`, `_`, `__` or `-` between
/// them, the host before them with a port perhaps; a tag or a digest. From the
/// grammar of distribution's reference package.
bool is_image(std::string_view package, std::string_view version);

/// Makes the Pod of a task and the Secret with all that nobody else may see,
/// or what local processes are made from, where the settings say so.
///
/// The connector's container sees its own config, catalog and state, and
/// nothing of destination and database; the sidecar has those from the Secret.
/// No container has a token of Kubernetes' API or may gain privileges.
/// Annotations hold the task, so that another controller can take it over.
/// @returns invalid_argument where the image's name is none or the documents
/// are larger together than a Secret may be, 1 MiB.
result<pod_manifest> make_pod_manifest(const task_request& task,
                                       const controller_settings& settings);

} // namespace motorcade
