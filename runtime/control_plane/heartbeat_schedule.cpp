#include "runtime/control_plane/heartbeat_schedule.hpp"
#include "schema/base/counted.hpp"

namespace motorcade {

std::optional<failure>
heartbeat_schedule::on_answer(const result<api_answer>& answer, time now) {
  constexpr long gone = 410;
  if (answer && answer->fine()) {
    accepted_ = true;
    last_success_ = now;
    due_ = now + interval_;
    return std::nullopt;
  }
  if (answer && answer->status == gone)
    return failure{ec::cancelled,
                   "the control plane has ended this workload (HTTP 410)"};
  due_ = now + interval_ / 3;
  if (now < deadline())
    return std::nullopt;
  auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now - last_success_);
  return failure{ec::timed_out,
                 "the control plane has been out of reach for "
                     + counted(static_cast<uint64_t>(seconds.count()), "second")
                     + ": "
                     + (answer ? "HTTP " + std::to_string(answer->status)
                               : answer.error().what)};
}

} // namespace motorcade
