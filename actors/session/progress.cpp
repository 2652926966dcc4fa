#include "actors/session/progress.hpp"

#include "runtime/base/log.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/base/counted.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace motorcade {

using namespace std::chrono_literals;

std::string with_commas(uint64_t n) {
  auto digits = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0;
       at -= 3)
    digits.insert(static_cast<size_t>(at), 1, ',');
  return digits;
}

std::string readable_bytes(uint64_t bytes) {
  // Fewer bytes are shown in kilobytes: as megabytes with one digit they would
  // be 0.0.
  constexpr uint64_t shown_as_kilobytes = 50'000;
  if (bytes == 0)
    return "0 KB";
  if (bytes < shown_as_kilobytes)
    return fmt::format("{:.1f} KB",
                       std::max(0.1, static_cast<double>(bytes) / 1e3));
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string progress_view::line(const read_session& session, session_time now) {
  auto totals = session.totals();
  size_t done = 0;
  for (size_t i = 0; i < session.stream_count(); ++i)
    done += session.stream(i).end != stream_end::open
            && session.stream(i).settled();
  auto seconds = static_cast<double>((now - last_time_).count()) / 1e3;
  auto rate = begun_ && seconds > 0
                  ? static_cast<double>(totals.rows - last_rows_) / seconds
                  : 0.0;
  begun_ = true;
  last_time_ = now;
  last_rows_ = totals.rows;
  auto text = fmt::format(
      "{}/{} {}, {} {}, {}, {} rows/s", done, session.stream_count(),
      agree(session.stream_count(), "stream", "streams"),
      with_commas(totals.rows), agree(totals.rows, "row", "rows"),
      readable_bytes(totals.row_bytes),
      with_commas(static_cast<uint64_t>(rate)));
  if (totals.done)
    text += fmt::format(", {:.0f} %", *totals.done * 100);
  return text;
}

void progress_view::show(const read_session& session, session_time now) {
  if (terminal_) {
    show_live_line(line(session, now));
    return;
  }
  if (!begun_)
    line(session, now);
  if (shown_ == session_time{})
    shown_ = now;
  if (now - shown_ < 10s)
    return;
  shown_ = now;
  log::info("progress: {}", line(session, now));
}

void progress_view::clear() {
  if (terminal_)
    show_live_line({});
}

} // namespace motorcade
