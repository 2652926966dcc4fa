#include "actors/session/stream_life.hpp"

#include "actors/session/progress.hpp"

namespace motorcade {

stream_status stream_life::status() const {
  if (end == stream_end::open && !delivery_failed)
    return seen ? stream_status::running : stream_status::pending;
  if (!settled())
    return stream_status::running;
  if (end == stream_end::cancelled && !delivery_failed)
    return stream_status::cancelled;
  auto whole = end == stream_end::complete && !delivery_failed
               && !trace_errors.get() && rejected_rows == 0 && missing_rows == 0
               && committed_rows == rows && misnamed_rows == 0
               && misnamed_states == 0 && rows_of_strangers.empty();
  if (whole)
    return stream_status::success;
  return committed_rows > 0 ? stream_status::partial : stream_status::failed;
}

std::optional<failure_reason> stream_life::failure() const {
  auto now = status();
  if (now == stream_status::success || now == stream_status::pending)
    return std::nullopt;
  if (misnamed() && !trace_errors.get()) {
    failure_reason out;
    out.type = failure_type::config_error;
    out.message = "no rows came of the stream, and "
                  + plural(misnamed_rows, "row") + " of " + misnamed_as
                  + " were dropped, which the catalog does not have: the "
                    "catalog must name the stream as the connector does";
    return out;
  }
  for (const auto* told :
       {&delivery_failure, &trace_errors.get(), &end_failure})
    if (*told)
      return *told;
  failure_reason out;
  if (rejected_rows > 0)
    out.message = plural(rejected_rows, "row")
                  + (rejected_rows == 1 ? " was" : " were")
                  + " rejected, see the task's log";
  else if (missing_rows > 0)
    out.message = plural(missing_rows, "row")
                  + (missing_rows == 1 ? " is" : " are")
                  + " missing: the connector counted more than came, see the "
                    "task's log";
  else if (misnamed_rows > 0)
    out.message = plural(misnamed_rows, "row") + " of " + misnamed_as
                  + (misnamed_rows == 1 ? " was" : " were")
                  + " dropped, which may be of this stream: the catalog must "
                    "name the stream as the connector does";
  else if (misnamed_states > 0)
    out.message = plural(misnamed_states, "state") + " came of "
                  + misnamed_state_as
                  + ", which the catalog does not have, and may be of this "
                    "stream: the next read cannot go on from "
                  + (misnamed_states == 1 ? "it" : "them");
  else if (!rows_of_strangers.empty())
    out.message = "no rows came of the stream, and " + rows_of_strangers
                  + " were dropped: the catalog must name the stream as the "
                    "connector does";
  else if (failed_rows > 0 && settled())
    out.message = plural(failed_rows, "row")
                  + (failed_rows == 1 ? " was" : " were") + " not delivered";
  else
    return std::nullopt;
  return out;
}

} // namespace motorcade
