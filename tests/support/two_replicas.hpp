#pragma once

#include "runtime/kubernetes/pod_manifest.hpp"
#include "support/running_read.hpp"

#include <algorithm>
#include <memory>
#include <string>

namespace motorcade::test {

using namespace std::chrono_literals;

/// Two registries of one cluster and one database: the first leads, the other
/// one is asked.
struct two_replicas : control_world {
  two_replicas() {
    kill(0);
    replicas.clear();
    leader = add(std::make_shared<leadership>());
    standby = add(std::make_shared<leadership>());
    let_lead(leader);
    list();
  }

  /// Starts a read at the one that is asked, and lets the watch tell of it.
  std::string run_read(const std::string& sync, const std::string& task) {
    start(read(sync, task));
    auto name = make_pod_manifest(read(sync, task), settings)->name;
    pods[name].annotations = to_annotations(read(sync, task));
    show_state(name, pod_state::running);
    return name;
  }

  size_t count(const std::string& deed) const {
    return static_cast<size_t>(std::count(deeds.begin(), deeds.end(), deed));
  }

  size_t leader = 0;
  size_t standby = 0;
};

} // namespace motorcade::test
