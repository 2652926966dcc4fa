#include "actors/stream_life.hpp"

namespace motorcade {

stream_status stream_life::status() const {
  if (end == stream_end::open && !delivery_failed)
    return seen ? stream_status::running : stream_status::pending;
  if (!settled())
    return stream_status::running;
  if (end == stream_end::cancelled && !delivery_failed)
    return stream_status::cancelled;
  auto whole = end == stream_end::complete && !delivery_failed
               && trace_error.empty() && rejected_rows == 0
               && committed_rows == rows;
  if (whole)
    return stream_status::success;
  return committed_rows > 0 ? stream_status::partial : stream_status::failed;
}

std::string stream_life::error() const {
  auto now = status();
  if (now == stream_status::success || now == stream_status::pending)
    return {};
  if (!delivery_error.empty())
    return delivery_error;
  if (!trace_error.empty())
    return trace_error;
  if (!end_reason.empty())
    return end_reason;
  if (rejected_rows > 0)
    return std::to_string(rejected_rows)
           + (rejected_rows == 1 ? " row was" : " rows were")
           + " rejected, see the task's log";
  if (failed_rows > 0 && settled())
    return std::to_string(failed_rows)
           + (failed_rows == 1 ? " row was" : " rows were") + " not delivered";
  return {};
}

} // namespace motorcade
