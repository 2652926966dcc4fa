#pragma once

#include "runtime/http/client/api_client.hpp"

#include <chrono>
#include <optional>

namespace motorcade {

/// Decides when a control plane is to hear of a workload, and what its answers
/// mean, by the rules of Airbyte's connector sidecar. Makes no call itself.
class heartbeat_schedule {
public:
  using time = std::chrono::steady_clock::time_point;

  /// @param interval The time from a success to the next call; a third of it
  /// after a failure.
  /// @param patience The longest time without a success.
  heartbeat_schedule(std::chrono::milliseconds interval,
                     std::chrono::milliseconds patience, time start)
      : interval_{interval},
        patience_{patience},
        last_success_{start},
        due_{start} {}

  /// @returns whether the control plane has accepted the workload as running.
  /// Until then calls report that it runs, afterwards that it lives.
  bool accepted() const { return accepted_; }

  /// @returns the time of the next call.
  time due() const { return due_; }

  /// @returns the time at which it is too late for a success.
  time deadline() const { return last_success_ + patience_; }

  /// Takes the answer of a call.
  /// @returns the reason if the workload must stop: `cancelled` if the control
  /// plane has ended it (410), `timed_out` if the control plane was out of
  /// reach for too long. Nothing: it goes on.
  std::optional<failure> on_answer(const result<api_answer>& answer, time now);

private:
  const std::chrono::milliseconds interval_;
  const std::chrono::milliseconds patience_;
  bool accepted_ = false;
  time last_success_;
  time due_;
};

} // namespace motorcade
