#pragma once

#include "runtime/http/client/api_client.hpp"

#include <chrono>
#include <optional>

namespace motorcade {

/// When a control plane is to hear of a workload, and what its answers mean:
/// COMPAT's rules of the Airbyte connector sidecar. Does no call itself.
class heartbeat_schedule {
public:
  using time = std::chrono::steady_clock::time_point;

  /// @param interval How long after a success the next call is due. After a
  /// failure it is due in a third of that.
  /// @param patience How long there may be no success.
  heartbeat_schedule(std::chrono::milliseconds interval,
                     std::chrono::milliseconds patience, time start)
      : interval_{interval},
        patience_{patience},
        last_success_{start},
        due_{start} {}

  /// @returns whether the control plane has taken the workload as running:
  /// until then it is told so, and after that that the workload lives.
  bool accepted() const { return accepted_; }

  /// @returns when the next call is due.
  time due() const { return due_; }

  /// @returns when it is too late for a success.
  time deadline() const { return last_success_ + patience_; }

  /// Takes the answer of a call.
  /// @returns why the workload must stop: `cancelled` where the control plane
  /// says that it is gone (410), `timed_out` where it has been out of reach
  /// for too long; nothing: it goes on.
  std::optional<failure> on_answer(const result<api_answer>& answer, time now);

private:
  const std::chrono::milliseconds interval_;
  const std::chrono::milliseconds patience_;
  bool accepted_ = false;
  time last_success_;
  time due_;
};

} // namespace motorcade
