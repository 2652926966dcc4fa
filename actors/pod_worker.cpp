#include "actors/pod_worker.hpp"

namespace motorcade {

namespace {

/// How many last lines of a container are looked at.
constexpr int log_lines = 20;

} // namespace

pod_worker_actor::behavior_type
pod_worker(pod_worker_actor::stateful_pointer<pod_worker_state> self,
           std::shared_ptr<task_runner> runner) {
  auto& st = rt::state(self);
  st.runner = std::move(runner);
  return {
      [&st](const pod_manifest_ptr& manifest) -> caf::result<pod_status_ptr> {
        auto pod = st.runner->launch(*manifest);
        if (!pod)
          return caf::error{to_error(pod.error())};
        return std::make_shared<const pod_status>(std::move(*pod));
      },
      [&st](const pod_removal_ptr& which) -> caf::result<bool> {
        auto gone = st.runner->remove(which->name, which->uid);
        if (!gone)
          return caf::error{to_error(gone.error())};
        return *gone;
      },
      [&st](atom::look, const std::string& pod,
            const std::string& container) -> caf::result<std::string> {
        auto lines = st.runner->last_lines(pod, container, log_lines);
        if (!lines)
          return caf::error{to_error(lines.error())};
        return std::move(*lines);
      },
      [&st](atom::look) -> caf::result<pod_usage_ptr> {
        auto usage = st.runner->usage();
        if (!usage)
          return caf::error{to_error(usage.error())};
        return std::make_shared<const std::map<std::string, pod_usage>>(
            std::move(*usage));
      },
      [&st](atom::sweep) -> caf::result<uint64_t> {
        auto swept = st.runner->sweep();
        if (!swept)
          return caf::error{to_error(swept.error())};
        return *swept;
      },
  };
}

} // namespace motorcade
