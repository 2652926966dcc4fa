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

/// A Secret of ours, without what is in it.
struct secret_entry {
  std::string name;
  std::string uid;
  /// `2026-01-31T23:59:59Z`.
  std::string created_at;
};

/// A Secret that keeps a task which starts later, without what is in it.
struct delayed_entry {
  std::string name;
  std::map<std::string, std::string> annotations;
};

/// What a connector's container uses now.
struct pod_usage {
  double cores = 0;
  uint64_t memory_bytes = 0;
};

/// How a watch ended.
enum class watch_end : uint8_t {
  /// It was over; another one may go on where it was.
  over,
  /// Where it was is too long ago: list everything anew.
  expired,
};

/// The Pods and Secrets of one namespace that are ours. Calls block and fail
/// with not_found, already_exists, invalid_argument (the object is to blame),
/// too_busy, cancelled, and with service_unavailable for everything that may
/// pass. Belongs to one thread.
class pod_api {
public:
  virtual ~pod_api() = default;

  /// Waits, before a call is made again.
  /// @returns false where it is time to stop, at once.
  virtual bool pause(std::chrono::milliseconds length) = 0;

  /// @returns its uid.
  virtual result<std::string> create_secret(const std::string& secret) = 0;

  /// @returns the Pod as it was accepted.
  virtual result<pod_status> create_pod(const std::string& pod) = 0;

  virtual result<pod_status> get_pod(const std::string& name) = 0;

  /// Gives a Secret to a Pod, so that it goes when that goes.
  virtual result<void> give_secret(const std::string& secret,
                                   const pod_status& owner) = 0;

  /// Asks for a Pod's end; it may take its grace time.
  /// @param uid Empty: whichever has that name.
  /// @returns whether it is gone already, or has another uid.
  virtual result<bool> delete_pod(const std::string& name,
                                  const std::string& uid) = 0;

  /// @param uid Empty: whichever has that name.
  /// @returns whether there was one; of another uid is none.
  virtual result<bool> delete_secret(const std::string& name,
                                     const std::string& uid = {}) = 0;

  /// @param next Of the page before; empty: the first.
  virtual result<pod_list> list_pods(const std::string& next) = 0;

  virtual result<std::vector<secret_entry>> list_secrets() = 0;

  /// @returns all Secrets with `delayed_label`.
  virtual result<std::vector<delayed_entry>> list_delayed() = 0;

  /// @returns what is in such a Secret; not_found where there is none of that
  /// name. Secret.
  virtual result<std::map<std::string, std::string>>
  read_delayed(const std::string& name) = 0;

  /// Waits for changes, for some minutes.
  /// @param from The resource version where to begin; is brought up to date.
  virtual result<watch_end>
  watch_pods(std::string& from,
             const std::function<void(pod_event&&)>& on_event) = 0;

  /// @returns the last lines of a container's log.
  virtual result<std::string> container_log(const std::string& pod,
                                            std::string_view container,
                                            int lines) = 0;

  /// @returns what the connectors use, by Pod; not_found where the cluster does
  /// not measure it.
  virtual result<std::map<std::string, pod_usage>> usage() = 0;
};

} // namespace motorcade
