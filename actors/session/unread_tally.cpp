#include "actors/session/unread_tally.hpp"

#include "actors/session/progress.hpp"
#include "runtime/stream/fault_reporter.hpp"

#include <vector>

namespace motorcade {

void unread_tally::add(const parsed_slab& slab) {
  for (size_t i = 0; i < unreadable_.size(); ++i)
    unreadable_[i] += slab.unreadable[i];
  found_in_text_ += slab.found_in_text;
}

void unread_tally::add(const line_report& report, uint64_t lines_before) {
  if (report.taken || report.kind != message_kind::trace)
    return;
  auto where = fault_reporter::describe(report, lines_before);
  if (said_.empty() && !report.said.empty())
    said_ = report.said + " (from a TRACE that cannot be read: " + where + ")";
  if (trace_.empty())
    trace_ = std::move(where);
}

std::string unread_tally::doubt(uint64_t unattributed) const {
  std::vector<std::string> parts;
  if (unattributed > 0)
    parts.push_back(plural(unattributed, "RECORD"));
  for (size_t i = 0; i < unreadable_.size(); ++i) {
    auto kind = static_cast<message_kind>(i);
    if (unreadable_[i] == 0 || kind == message_kind::record)
      continue;
    parts.push_back(kind == message_kind::unknown
                        ? plural(unreadable_[i], "message")
                        : plural(unreadable_[i], to_string(kind)));
  }
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i)
    out += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  if (out.empty())
    return out;
  out += " could not be read, see the task's log";
  if (!said_.empty() || !trace_.empty())
    out += ": " + (said_.empty() ? trace_ : said_);
  return out;
}

} // namespace motorcade
