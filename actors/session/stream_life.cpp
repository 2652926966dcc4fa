#include "actors/session/stream_life.hpp"

#include "actors/session/progress.hpp"

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
    out = plural(rejected_rows, "row") + (rejected_rows == 1 ? " was" : " were")
          + " rejected, see the task's log";
  if (missing_rows > 0)
    out += (out.empty() ? "" : "; ") + plural(missing_rows, "row")
           + (missing_rows == 1 ? " is" : " are")
           + " missing: the connector counted more than came, see the task's "
             "log";
  if (misnamed_rows > 0 && !misnamed())
    out += (out.empty() ? "" : "; ") + plural(misnamed_rows, "row") + " of "
           + misnamed_as + (misnamed_rows == 1 ? " was" : " were")
           + " dropped, which may be of this stream: the catalog must name the "
             "stream as the connector does";
  if (misnamed_states > 0 && misnamed_rows == 0)
    out += (out.empty() ? "" : "; ") + plural(misnamed_states, "state")
           + " came of " + misnamed_state_as
           + ", which the catalog does not have, and may be of this stream: "
             "the next read cannot go on from "
           + (misnamed_states == 1 ? "it" : "them");
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
                  + plural(misnamed_rows, "row") + " of " + misnamed_as
                  + " were dropped, which the catalog does not have: the "
                    "catalog must name the stream as the connector does";
  } else if (named_nearly() && !trace_errors.get()
             && end != stream_end::cancelled && end != stream_end::timed_out) {
    out.type = failure_type::config_error;
    out.message =
        "no row and no status came of the stream, and "
        + (near_rows > 0
               ? plural(near_rows, "row") + " of " + near_name
                     + (near_rows == 1 ? " was" : " were") + " dropped"
               : plural(near_states, "state") + " of " + near_name + " came")
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
                  + " were dropped: the catalog must name the stream as the "
                    "connector does";
  } else if (failed_rows > 0 && settled()) {
    out.message = plural(failed_rows, "row")
                  + (failed_rows == 1 ? " was" : " were") + " not delivered";
  } else {
    return std::nullopt;
  }
  // A reason of another kind does not hide what is missing.
  if (!lost.empty()) {
    auto& inner = out.internal_message;
    auto told = inner.empty() || out.message.find(inner) != std::string::npos;
    (told ? out.message : inner) += "; besides, " + lost;
  }
  return out;
}

} // namespace motorcade
