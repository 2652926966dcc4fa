#include "actors/sync/inquiry_result.hpp"

#include "runtime/log/stderr_log.hpp"

#include <utility>

namespace motorcade {

std::string_view name_of(inquiry command) {
  switch (command) {
  case inquiry::spec:
    return "spec";
  case inquiry::check:
    return "check";
  case inquiry::discover:
    break;
  }
  return "discover";
}

task_result judge_inquiry(inquiry command, const inquiry_outcome& outcome,
                          inquiry_end why,
                          const inquiry_circumstances& besides) {
  task_result out;
  // A person reads the answer of a check; a spec and a catalog are data.
  out.document = command == inquiry::check ? mask_document(outcome.document)
                                           : outcome.document;
  out.status = outcome.success ? task_status::success : task_status::failed;
  out.connector_exit_code = besides.exit_code;
  if (outcome.reason)
    out.reason = mask_secrets(*outcome.reason);
  if (outcome.answered) {
    out.exit_code = 0;
  } else if (why == inquiry_end::cancelled) {
    out.status = task_status::cancelled;
    out.exit_code = 0;
    if (besides.stop_is_failure) {
      out.status = task_status::failed;
      out.reason = stopped_failure(besides.place, besides.stop_reason);
      out.exit_code = 1;
    }
  } else {
    out.exit_code = besides.code_without_answer;
  }
  return out;
}

result_row make_result_row(result_row row, const task_result& result,
                           const std::string& remarks) {
  row.status = result.status == task_status::success ? task_status::success
                                                     : task_status::failed;
  if (row.command != inquiry::check)
    row.document = result.document;
  // The answer of a check is stored as it came.
  row.description = remarks;
  if (result.reason)
    row.description =
        result.document.empty() ? result.error() : result.reason->message;
  return row;
}

} // namespace motorcade
