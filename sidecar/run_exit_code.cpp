#include "sidecar/run_exit_code.hpp"

namespace motorcade {

int run_exit_code(const task_result& outcome, bool is_read) {
  constexpr int failed = 1;
  constexpr int wrong_settings = 2;
  constexpr int crashed = 3;
  // The exit code of a SUCCESS may not be 0: reporting it may have failed.
  if (outcome.status == task_status::success)
    return outcome.exit_code;
  if (outcome.exit_code == wrong_settings)
    return wrong_settings;
  if (outcome.status == task_status::cancelled || !outcome.document.empty())
    return failed;
  auto code = outcome.connector_exit_code.value_or(0);
  auto no_answer = !is_read && outcome.reason
                   && outcome.reason->origin == failure_origin::source;
  return code != 0 || no_answer ? crashed : failed;
}

} // namespace motorcade
