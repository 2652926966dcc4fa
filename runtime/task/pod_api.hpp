#pragma once

#include "runtime/task/task_request.hpp"
#include "schema/base/result.hpp"
#include "schema/task/pod_status.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace motorcade {

/// A Secret of ours, without its content.
struct secret_entry {
  std::string name;
  std::string uid;
  /// `2026-01-31T23:59:59Z`.
  std::string created_at;
};

/// A Secret that keeps a scheduled start, without its content.
struct delayed_entry {
  std::string name;
  std::map<std::string, std::string> annotations;
};

/// The current use of a connector's container.
struct pod_usage {
  double cores = 0;
  uint64_t memory_bytes = 0;
};

/// The end of a watch.
enum class watch_end : uint8_t {
  /// Its time was over; another one may go on from its place.
  over,
  /// Its place is too old: list all Pods anew.
  expired,
};

/// The Pods and Secrets of one namespace that are ours. Calls block and fail
/// with not_found, already_exists, invalid_argument (the object is to blame),
/// system_failed (refused: a right, a quota, a webhook), too_busy, cancelled,
/// and service_unavailable if no answer came or the API failed, so that it is
/// not known what was done. Belongs to one thread.
class pod_api {
public:
  virtual ~pod_api() = default;

  /// Waits before a call is repeated.
  /// @returns false as soon as it is time to stop.
  virtual bool pause(std::chrono::milliseconds length) = 0;

  /// @returns the uid of the new Secret.
  virtual result<std::string> create_secret(const std::string& secret) = 0;

  /// @returns the Pod as it was accepted, which nothing has been done with
  /// yet; perhaps without a status.
  virtual result<pod_status> create_pod(const std::string& pod) = 0;

  /// @returns the Pod's status now; not_found if there is none.
  virtual result<pod_status> get_pod(const std::string& name) = 0;

  /// Makes a Pod the owner of a Secret, so that both are deleted together.
  virtual result<void> give_secret(const std::string& secret,
                                   const pod_status& owner) = 0;

  /// Asks for the deletion of a Pod, which may take its grace time.
  /// @param uid Empty: the Pod of that name, with any uid.
  /// @returns whether it is gone already, or has another uid.
  virtual result<bool> delete_pod(const std::string& name,
                                  const std::string& uid) = 0;

  /// Deletes a Secret.
  /// @param uid Empty: the Secret of that name, with any uid.
  /// @returns whether there was one with that uid.
  virtual result<bool> delete_secret(const std::string& name,
                                     const std::string& uid = {}) = 0;

  /// Lists a page of all Pods of tasks.
  /// @param next `next` of the page before; empty: the first page.
  virtual result<pod_list> list_pods(const std::string& next) = 0;

  /// @returns all Secrets of tasks, without their content.
  virtual result<std::vector<secret_entry>> list_secrets() = 0;

  /// @returns all Secrets with `delayed_label`.
  virtual result<std::vector<delayed_entry>> list_delayed() = 0;

  /// @returns the content of such a Secret; not_found if there is none of that
  /// name. Secret.
  virtual result<std::map<std::string, std::string>>
  read_delayed(const std::string& name) = 0;

  /// Waits for changes, for some minutes.
  /// @param from The resource version to begin from; updated by the call.
  virtual result<watch_end>
  watch_pods(std::string& from,
             const std::function<void(pod_event&&)>& on_event) = 0;

  /// @returns the last lines of a container's log.
  virtual result<std::string> container_log(const std::string& pod,
                                            std::string_view container,
                                            int lines) = 0;

  /// @returns the use of the connectors, by Pod; not_found if the cluster does
  /// not measure it.
  virtual result<std::map<std::string, pod_usage>> usage() = 0;
};

} // namespace motorcade
