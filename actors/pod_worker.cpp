#include "actors/pod_worker.hpp"

#include "runtime/pod_launch.hpp"

#include <thread>

namespace motorcade {

namespace {

/// How many last lines of a container are looked at.
constexpr int log_lines = 20;

} // namespace

pod_worker_actor::behavior_type
pod_worker(pod_worker_actor::stateful_pointer<pod_worker_state> self,
           std::shared_ptr<pod_api> api) {
  auto& st = rt::state(self);
  st.api = std::move(api);
  return {
      [&st](const pod_manifest_ptr& manifest) -> caf::result<pod_status_ptr> {
        auto pod = launch_pod(*st.api, *manifest, [](auto time) {
          std::this_thread::sleep_for(time);
        });
        if (!pod)
          return caf::error{to_error(pod.error())};
        return std::make_shared<const pod_status>(std::move(*pod));
      },
      [&st](const pod_removal_ptr& which) -> caf::result<bool> {
        auto gone = st.api->delete_pod(which->name, which->uid);
        if (!gone)
          return caf::error{to_error(gone.error())};
        auto secret = st.api->delete_secret(secret_name(which->name));
        if (!secret)
          return caf::error{to_error(secret.error())};
        return *gone;
      },
      [&st](atom::look, const std::string& pod,
            const std::string& container) -> caf::result<std::string> {
        auto lines = st.api->container_log(pod, container, log_lines);
        if (!lines)
          return caf::error{to_error(lines.error())};
        return std::move(*lines);
      },
      [&st](atom::look) -> caf::result<pod_usage_ptr> {
        auto usage = st.api->usage();
        if (!usage)
          return caf::error{to_error(usage.error())};
        return std::make_shared<const std::map<std::string, pod_usage>>(
            std::move(*usage));
      },
      [&st](atom::sweep) -> caf::result<uint64_t> {
        auto swept = sweep_secrets(*st.api, utc_now(), orphan_age);
        if (!swept)
          return caf::error{to_error(swept.error())};
        return uint64_t{*swept};
      },
  };
}

} // namespace motorcade
