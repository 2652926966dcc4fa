// The lines of a connector's stderr, all of which are text.
#include "runtime/log/line_excerpt.hpp"
#include "runtime/stream/slab_parser.hpp"
#include "schema/log/log_text.hpp"

#include <algorithm>

namespace motorcade {

namespace {

std::string_view without_space_behind(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

} // namespace

log_batch_ptr slab_parser::parse_text(const slab& input,
                                      const byte_window_ptr& window,
                                      log_line_levels& levels) {
  auto batch = std::make_shared<log_batch>();
  auto text = input.text();
  while (!text.empty()) {
    auto read_at = input.read_at(input.text().size() - text.size());
    auto end = std::min(text.find('\n'), text.size());
    auto line = without_space_behind(text.substr(0, end));
    auto clean = clean_log_text(line.substr(0, longest_log_text));
    if (!without_space_behind(clean).empty()) {
      auto whole = std::max<uint64_t>(input.long_line_bytes(), line.size());
      auto cut = whole - std::min(line.size(), longest_log_text);
      auto level = levels.next(clean).level;
      batch->add(level, cut_log_text(hide_secrets_of_text(clean, false), cut),
                 read_at);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  batch->lease = window_lease{window, batch->bytes()};
  return batch;
}

} // namespace motorcade
