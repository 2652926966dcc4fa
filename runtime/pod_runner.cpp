#include "runtime/pod_runner.hpp"

#include "runtime/pod_launch.hpp"

#include <utility>

namespace motorcade {

pod_runner::pod_runner(std::shared_ptr<pod_api> api) : api_{std::move(api)} {}

result<pod_status> pod_runner::launch(const pod_manifest& task) {
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

} // namespace motorcade
