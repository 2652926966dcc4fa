#pragma once

#include "runtime/control_plane/control_plane.hpp"
#include "support/api_stand_in.hpp"

#include <chrono>
#include <vector>

namespace motorcade::test {

/// A control plane that is asked impatiently, and the pauses in between.
struct control_plane_world {
  control_plane_world() {
    settings.workload_api = settings.internal_api = server.url();
    settings.workload_id = "w-1";
    settings.token = "t0ken";
  }

  retry_wait wait() {
    return [this](std::chrono::milliseconds pause) {
      if (pause > std::chrono::milliseconds{0})
        pauses.push_back(pause);
      return pauses.size() <= patience;
    };
  }

  api_stand_in server;
  control_plane_settings settings;
  std::vector<std::chrono::milliseconds> pauses;
  size_t patience = 100;
};

} // namespace motorcade::test
