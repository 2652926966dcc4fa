// The lines of a connector's stderr, all of which are text.
#include "runtime/log/shown_text.hpp"
#include "runtime/stream/slab_parser.hpp"
#include "runtime/stream/unreadable_lines.hpp"
#include "schema/base/trim.hpp"
#include "schema/log/log_text.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// Counts the messages in a line of stderr: valid ones wherever they stand, and
/// one that cannot be read if the line begins with it.
struct message_counter : span_handler {
  message_counter(std::string_view line, log_batch& batch)
      : begin{line.data()}, to{batch} {}

  void on_text(std::string_view) override {}

  void on_found(std::string_view, message&& content) override {
    // A message that only informs is treated as text.
    if (!std::holds_alternative<log_message>(content)
        && !std::holds_alternative<estimate_trace>(content)
        && !std::holds_alternative<analytics_trace>(content)
        && !std::holds_alternative<unknown_message>(content))
      ++to.messages[static_cast<size_t>(kind_of(content))];
    found = true;
  }

  /// Behind other text, even a blank, such a message is text: logs cite all
  /// kinds of things, and tracebacks show indented lines of programs.
  void on_unreadable(std::string_view span,
                     const unreadable_message& what) override {
    if (span.data() == begin)
      ++to.messages[static_cast<size_t>(what.kind)];
  }

  const char* begin;
  log_batch& to;
  bool found = false;
};

/// @returns whether the line holds messages.
bool count_messages(std::string_view line, log_batch& batch) {
  auto type = line.find("\"type\"");
  if (type == std::string_view::npos
      || line.find('{') == std::string_view::npos)
    return false;
  message_counter counter{line, batch};
  find_messages(line, counter);
  return counter.found;
}

} // namespace

log_batch_ptr slab_parser::parse_text(const slab& input,
                                      const byte_window_ptr& window,
                                      text_context& so_far) {
  auto batch = std::make_shared<log_batch>();
  auto text = input.text();
  while (!text.empty()) {
    auto read_at = input.read_at(input.text().size() - text.size());
    auto end = std::min(text.find('\n'), text.size());
    auto line = trim_right(text.substr(0, end));
    auto following = text.substr(std::min(end + 1, text.size()));
    if (count_messages(line, *batch))
      so_far.withheld.end();
    auto head = head_of_line(
        line, std::max<uint64_t>(input.long_line_bytes(), line.size()));
    if (!trim_right(head.text).empty()) {
      auto level = so_far.levels.next(head.text, following).level;
      batch->add(level, shown_text(std::move(head), so_far.withheld, false),
                 read_at);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  batch->share = window_share{window, batch->bytes()};
  return batch;
}

} // namespace motorcade
