#include "controller/pod_watcher.hpp"

#include "runtime/base/quiet_thread.hpp"

namespace motorcade {

pod_watch_listener tell_registry(const task_registry_actor& registry) {
  return {.seen =
              [registry](const pod_status_ptr& pod) {
                rt::tell_from_outside(registry, atom::seen_v, pod);
              },
          .gone =
              [registry](const pod_status_ptr& pod) {
                rt::tell_from_outside(registry, atom::gone_v, pod);
              },
          .listed =
              [registry] {
                rt::tell_from_outside(registry, atom::listed_v);
              }};
}

pod_watcher::pod_watcher(std::shared_ptr<kube_pod_api> api,
                         task_registry_actor registry)
    : api_{std::move(api)},
      registry_{std::move(registry)},
      thread_{start_quiet_thread([this] { run(); })} {}

pod_watcher::~pod_watcher() {
  api_->stop();
  thread_.join();
}

void pod_watcher::run() {
  pod_watch watch{*api_, tell_registry(registry_)};
  for (;;) {
    auto wait = watch.step(pod_watch::clock::now());
    if (!wait || !api_->pause(*wait))
      return;
  }
}

} // namespace motorcade
