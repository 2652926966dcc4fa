#include "actors/supervision/pod_worker.hpp"

namespace motorcade {

namespace {

/// The number of last lines of a container that are read.
constexpr int log_lines = 20;

caf::error leads_no_more() {
  return caf::error{
      to_error({ec::cancelled, "this process is no longer the leader"})};
}

} // namespace

pod_worker_actor::behavior_type
pod_worker(pod_worker_actor::stateful_pointer<pod_worker_state> self,
           std::shared_ptr<task_runner> runner, leadership_ptr lead) {
  auto& st = rt::state(self);
  st.runner = std::move(runner);
  st.lead = std::move(lead);
  return {
      [&st](const task_manifest_ptr& manifest) -> caf::result<pod_status_ptr> {
        auto pod = st.runner->launch(*manifest);
        if (!pod)
          return caf::error{to_error(pod.error())};
        return std::make_shared<const pod_status>(std::move(*pod));
      },
      [&st](const pod_removal_ptr& which) -> caf::result<bool> {
        if (!st.lead->allows(which->term))
          return leads_no_more();
        auto gone = st.runner->remove(which->name, which->uid);
        if (!gone)
          return caf::error{to_error(gone.error())};
        return *gone;
      },
      [&st](atom::last_lines, const std::string& pod,
            const std::string& container) -> caf::result<std::string> {
        auto lines = st.runner->last_lines(pod, container, log_lines);
        if (!lines)
          return caf::error{to_error(lines.error())};
        return std::move(*lines);
      },
      [&st](atom::usage) -> caf::result<pod_usages_ptr> {
        auto usage = st.runner->usage();
        if (!usage)
          return caf::error{to_error(usage.error())};
        return std::make_shared<const std::map<std::string, pod_usage>>(
            std::move(*usage));
      },
      [&st](atom::sweep, lead_term term) -> caf::result<uint64_t> {
        if (!st.lead->allows(term))
          return leads_no_more();
        auto swept = st.runner->sweep();
        if (!swept)
          return caf::error{to_error(swept.error())};
        return *swept;
      },
      [&st](atom::put_aside,
            const delayed_task_ptr& task) -> caf::result<atom::ok> {
        auto kept = st.runner->put_aside(*task);
        if (!kept)
          return caf::error{to_error(kept.error())};
        return atom::ok_v;
      },
      [&st](atom::list_aside) -> caf::result<delayed_tasks_ptr> {
        auto listed = st.runner->list_aside();
        if (!listed)
          return caf::error{to_error(listed.error())};
        return std::make_shared<const std::vector<delayed_task>>(
            std::move(*listed));
      },
      [&st](atom::read_aside,
            const std::string& name) -> caf::result<task_request_ptr> {
        auto task = st.runner->read_aside(name);
        if (!task)
          return caf::error{to_error(task.error())};
        return std::make_shared<const task_request>(std::move(*task));
      },
      [&st](atom::drop_aside, const std::string& name) -> caf::result<bool> {
        auto was = st.runner->drop_aside(name);
        if (!was)
          return caf::error{to_error(was.error())};
        return *was;
      },
  };
}

} // namespace motorcade
