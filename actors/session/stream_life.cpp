#include "actors/session/stream_life.hpp"

#include "schema/base/counted.hpp"
#include "schema/task/rejected_rows.hpp"

#include <utility>

namespace motorcade {

stream_status stream_life::status() const {
  if (end == stream_end::open && !delivery_failed)
    return seen ? stream_status::running : stream_status::pending;
  if (!settled())
    return stream_status::running;
  if (end == stream_end::cancelled && !has_own_failure())
    return stream_status::cancelled;
  if (end == stream_end::timed_out && !has_own_failure())
    return stream_status::time_exceeded;
  auto whole = end == stream_end::complete && !delivery_failed
               && !trace_errors.get() && rejected_rows == 0 && missing_rows == 0
               && committed_rows == rows && misnamed_rows == 0
               && misnamed_states == 0 && rows_of_strangers.empty()
               && !named_nearly();
  if (whole)
    return stream_status::success;
  return committed_rows > 0 ? stream_status::partial : stream_status::failed;
}

std::string stream_life::losses() const {
  std::string out;
  if (rejected_rows > 0)
    out = counted(rejected_rows, "row", "was", "were")
          + std::string{rejected_note};
  if (missing_rows > 0)
    out += (out.empty() ? "" : "; ") + counted(missing_rows, "row", "is", "are")
           + " missing: the connector counted more than came, see the task's "
             "log";
  if (misnamed_rows > 0 && !misnamed())
    out += (out.empty() ? "" : "; ") + counted(misnamed_rows, "row") + " of "
           + misnamed_as + " "
           + std::string{agree(misnamed_rows, "was", "were")}
           + " dropped, which may be of this stream: the catalog must name the "
             "stream as the connector does";
  if (misnamed_states > 0 && misnamed_rows == 0)
    out += (out.empty() ? "" : "; ") + counted(misnamed_states, "state")
           + " came of " + misnamed_state_as
           + ", which the catalog does not have, and may be of this stream: "
             "the next read cannot go on from "
           + std::string{agree(misnamed_states, "it", "them")};
  return out;
}

std::optional<failure_reason> stream_life::failure() const {
  auto now = status();
  if (now == stream_status::success || now == stream_status::pending)
    return std::nullopt;
  auto lost = losses();
  failure_reason out;
  if (misnamed() && !trace_errors.get()) {
    out.type = failure_type::config_error;
    out.message = "no rows came of the stream, and "
                  + counted(misnamed_rows, "row") + " of " + misnamed_as + " "
                  + std::string{agree(misnamed_rows, "was", "were")}
                  + " dropped, which the catalog does not have: the "
                    "catalog must name the stream as the connector does";
  } else if (named_nearly() && !trace_errors.get()
             && end != stream_end::cancelled && end != stream_end::timed_out) {
    out.type = failure_type::config_error;
    out.message =
        "no row and no status came of the stream, and "
        + (near_rows > 0
               ? counted(near_rows, "row") + " of " + near_name + " "
                     + std::string{agree(near_rows, "was", "were")} + " dropped"
               : counted(near_states, "state") + " of " + near_name + " came")
        + ", which the catalog does not have: if this stream is "
          "meant, the catalog must name it as the connector does";
  } else if (delivery_failure) {
    out = *delivery_failure;
  } else if (trace_errors.get()) {
    out = *trace_errors.get();
  } else if (end_failure) {
    out = *end_failure;
  } else if (!lost.empty()) {
    out.message = std::exchange(lost, {});
  } else if (!rows_of_strangers.empty()) {
    out.message = "no rows came of the stream, and " + rows_of_strangers
                  + " dropped: the catalog must name the stream as the "
                    "connector does";
  } else if (failed_rows > 0 && settled()) {
    out.message = counted(failed_rows, "row", "was", "were") + " not delivered";
  } else {
    return std::nullopt;
  }
  // The message names the missing rows beside a reason of another kind.
  if (!lost.empty()) {
    (said_besides(out).empty() ? out.message : out.internal_message) +=
        "; besides, " + lost;
  }
  return out;
}

} // namespace motorcade
