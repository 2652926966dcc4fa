#include "runtime/kubernetes/pod_runner.hpp"

#include "runtime/base/log.hpp"
#include "runtime/kubernetes/pod_launch.hpp"

#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// @returns the failure of a `task_runner` that a failure of a `pod_api` means.
failure to_runner_failure(failure of_api) {
  if (of_api.code == ec::service_unavailable)
    of_api.code = ec::timed_out;
  else if (of_api.code == ec::system_failed)
    of_api.code = ec::service_unavailable;
  return of_api;
}

/// Makes a result of a `task_runner` of one of a `pod_api`.
template <class T>
result<T> as_runner(result<T> of_api) {
  return of_api ? std::move(of_api) : to_runner_failure(of_api.error());
}

} // namespace

pod_runner::pod_runner(std::shared_ptr<pod_api> api,
                       controller_settings settings)
    : api_{std::move(api)}, settings_{std::move(settings)} {}

result<pod_status> pod_runner::launch(const task_manifest& task) {
  return as_runner(launch_pod(*api_, task));
}

result<bool> pod_runner::remove(const std::string& name,
                                const std::string& uid) {
  auto gone = api_->delete_pod(name, uid);
  if (!gone)
    return to_runner_failure(gone.error());
  if (auto secret = api_->delete_secret(secret_name(name)); !secret)
    return to_runner_failure(secret.error());
  return gone;
}

result<std::string> pod_runner::last_lines(const std::string& name,
                                           std::string_view container,
                                           int lines) {
  return as_runner(api_->container_log(name, container, lines));
}

result<std::map<std::string, pod_usage>> pod_runner::usage() {
  return as_runner(api_->usage());
}

result<uint64_t> pod_runner::sweep() {
  auto swept = sweep_secrets(*api_, utc_now(), orphan_age);
  if (!swept)
    return to_runner_failure(swept.error());
  return uint64_t{*swept};
}

result<void> pod_runner::create_aside(const std::string& secret) {
  constexpr int most_tries = 4;
  auto wait = 250ms;
  auto in_doubt = false;
  for (int tries = 1;; ++tries) {
    auto made = api_->create_secret(secret);
    if (made)
      return {};
    const auto code = made.error().code;
    // A create whose answer was lost may have been done.
    if (code == ec::already_exists && in_doubt)
      return {};
    in_doubt = in_doubt || code == ec::service_unavailable;
    if ((code != ec::service_unavailable && code != ec::too_busy)
        || tries == most_tries || !api_->pause(wait))
      return made.error();
    wait *= 2;
  }
}

result<void> pod_runner::put_aside(const delayed_task& task) {
  auto made = create_aside(make_delayed_secret(task, settings_));
  return made ? result<void>{} : to_runner_failure(made.error());
}

result<std::vector<delayed_task>> pod_runner::list_aside() {
  auto listed = api_->list_delayed();
  if (!listed)
    return to_runner_failure(listed.error());
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
    return to_runner_failure(values.error());
  return from_values(*values);
}

result<bool> pod_runner::drop_aside(const std::string& name) {
  return as_runner(api_->delete_secret(delayed_secret_name(name)));
}

} // namespace motorcade
