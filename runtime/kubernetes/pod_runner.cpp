#include "runtime/kubernetes/pod_runner.hpp"

#include "runtime/base/log.hpp"
#include "runtime/kubernetes/pod_launch.hpp"

#include <utility>

namespace motorcade {

pod_runner::pod_runner(std::shared_ptr<pod_api> api,
                       controller_settings settings)
    : api_{std::move(api)}, settings_{std::move(settings)} {}

result<pod_status> pod_runner::launch(const task_manifest& task) {
  return launch_pod(*api_, task);
}

result<bool> pod_runner::remove(const std::string& name,
                                const std::string& uid) {
  auto gone = api_->delete_pod(name, uid);
  if (!gone)
    return gone;
  if (auto secret = api_->delete_secret(secret_name(name)); !secret)
    return secret.error();
  return gone;
}

result<std::string> pod_runner::last_lines(const std::string& name,
                                           std::string_view container,
                                           int lines) {
  return api_->container_log(name, container, lines);
}

result<std::map<std::string, pod_usage>> pod_runner::usage() {
  return api_->usage();
}

result<uint64_t> pod_runner::sweep() {
  auto swept = sweep_secrets(*api_, utc_now(), orphan_age);
  if (!swept)
    return swept.error();
  return uint64_t{*swept};
}

result<void> pod_runner::put_aside(const delayed_task& task) {
  auto made = api_->create_secret(make_delayed_secret(task, settings_));
  return made ? result<void>{} : made.error();
}

result<std::vector<delayed_task>> pod_runner::list_aside() {
  auto listed = api_->list_delayed();
  if (!listed)
    return listed.error();
  std::vector<delayed_task> out;
  const auto suffix = delayed_secret_name({});
  for (const auto& entry : *listed) {
    if (!entry.name.ends_with(suffix))
      continue;
    auto task =
        from_marks(entry.name.substr(0, entry.name.size() - suffix.size()),
                   entry.annotations);
    if (task)
      out.push_back(std::move(*task));
    else
      log::warn("{}", task.error().what);
  }
  return out;
}

result<task_request> pod_runner::read_aside(const std::string& name) {
  auto values = api_->read_delayed(delayed_secret_name(name));
  if (!values)
    return values.error();
  return from_values(*values);
}

result<bool> pod_runner::drop_aside(const std::string& name) {
  return api_->delete_secret(delayed_secret_name(name));
}

} // namespace motorcade
