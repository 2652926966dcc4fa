#include "runtime/log/log_batch.hpp"

#include "runtime/log/stderr_log.hpp"
#include "schema/log/log_text.hpp"

#include <algorithm>

namespace motorcade {

void log_batch::add(log_level level, std::string_view text, wall_time read_at) {
  constexpr int64_t longest_since = (1 << 24) - 1;
  if (entries_.empty())
    time_ = read_at;
  auto since = std::clamp<int64_t>((read_at - time_).count(), 0, longest_since);
  // The sidecar's own lines need no cut: foreign text in them is short. A line
  // that was cut before has a note behind it.
  constexpr size_t note = 64;
  auto too_long = text.size() > longest_log_text + note && logger != "sidecar";
  if (is_clean_log_text(text) && !too_long)
    text_ += text;
  else if (too_long)
    // Secrets are masked before the cut: half a secret would not be recognised.
    text_ += cut_log_text(mask_line(logger, clean_log_text(text)));
  else
    text_ += clean_log_text(text);
  entries_.push_back({static_cast<uint32_t>(text_.size()),
                      static_cast<uint32_t>(level),
                      static_cast<uint32_t>(since)});
}

log_batch::entry log_batch::operator[](size_t i) const {
  auto begin = i == 0 ? 0 : entries_[i - 1].end;
  return {static_cast<log_level>(entries_[i].level),
          std::string_view{text_}.substr(begin, entries_[i].end - begin)};
}

void log_batch::replace(const std::vector<replacement>& lines) {
  if (lines.empty())
    return;
  std::string text;
  size_t begin = 0;
  auto next = lines.begin();
  for (size_t i = 0; i < entries_.size(); ++i) {
    const size_t end = entries_[i].end;
    if (next != lines.end() && next->line == i)
      text += (next++)->text;
    else
      text.append(text_, begin, end - begin);
    entries_[i].end = static_cast<uint32_t>(text.size());
    begin = end;
  }
  text_ = std::move(text);
}

} // namespace motorcade
