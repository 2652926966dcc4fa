#include "actors/session/unreadable_tally.hpp"

#include "actors/session/progress.hpp"
#include "runtime/stream/fault_reporter.hpp"
#include "schema/base/counted.hpp"

#include <utility>

namespace motorcade {

namespace {

std::string list(const std::vector<std::string>& parts) {
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i)
    out += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return out;
}

} // namespace

void unreadable_tally::add(const parsed_slab& slab) {
  for (size_t i = 0; i < unreadable_.size(); ++i)
    unreadable_[i] += slab.unreadable[i];
  found_in_text_ += slab.found_in_text;
}

void unreadable_tally::add(const line_report& report, uint64_t lines_before) {
  if (report.taken || report.kind != message_kind::trace)
    return;
  auto where = fault_reporter::describe(report, lines_before);
  if (trace_error_.empty() && !report.said.empty())
    trace_error_ =
        report.said + " (from a TRACE that cannot be read: " + where + ")";
  if (trace_.empty())
    trace_ = std::move(where);
}

std::vector<std::string> unreadable_tally::add_stderr(const log_batch& lines) {
  std::vector<std::string> out;
  for (size_t i = 0; i < on_stderr_.size(); ++i) {
    auto kind = static_cast<message_kind>(i);
    // A read expects no messages of other kinds.
    auto matters = kind == message_kind::record || kind == message_kind::state
                   || kind == message_kind::trace
                   || kind == message_kind::control;
    if (!matters || lines.messages[i] == 0)
      continue;
    if (on_stderr_[i] == 0)
      out.push_back("a " + std::string{to_string(kind)}
                    + " came on stderr and was not read: the connector must "
                      "print its messages on stdout");
    on_stderr_[i] += lines.messages[i];
  }
  return out;
}

std::string unreadable_tally::doubt(uint64_t unattributed) const {
  std::vector<std::string> parts;
  if (unattributed > 0)
    parts.push_back(counted(unattributed, "RECORD"));
  for (size_t i = 0; i < unreadable_.size(); ++i) {
    auto kind = static_cast<message_kind>(i);
    if (unreadable_[i] == 0 || kind == message_kind::record)
      continue;
    parts.push_back(kind == message_kind::unknown
                        ? counted(unreadable_[i], "message")
                        : counted(unreadable_[i], to_string(kind)));
  }
  auto out = list(parts);
  if (!out.empty()) {
    out += " could not be read, see the task's log";
    if (!trace_error_.empty() || !trace_.empty())
      out += ": " + (trace_error_.empty() ? trace_ : trace_error_);
  }
  parts.clear();
  for (size_t i = 0; i < on_stderr_.size(); ++i)
    if (on_stderr_[i] > 0)
      parts.push_back(
          counted(on_stderr_[i], to_string(static_cast<message_kind>(i))));
  if (!parts.empty())
    out += (out.empty() ? "" : "; ") + list(parts)
           + " came on stderr, where messages are not read";
  return out;
}

} // namespace motorcade
