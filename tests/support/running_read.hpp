#pragma once

#include "support/control_world.hpp"

#include <string>
#include <vector>

namespace motorcade::test {

using strings = std::vector<std::string>;

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A read whose Pod runs.
struct running_read : control_world {
  running_read() {
    list();
    start(read("s", "t"));
    pod = the_pod();
    show_state(pod, pod_state::running);
  }

  std::string pod;
};

} // namespace motorcade::test
