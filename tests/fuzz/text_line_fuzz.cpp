// Lines of text with messages in them: every byte is accounted for, and what a
// line's finder says of a valid line is what the fast way says.
#include "schema/base/trim.hpp"
#include "schema/lines/line_parser.hpp"
#include "schema/lines/loose_value.hpp"
#include "schema/lines/message_finder.hpp"
#include "schema/log/log_line_level.hpp"
#include "schema/log/log_text.hpp"
#include "schema/secrets/secret_text.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

using namespace motorcade;

namespace {

void require(bool holds, const char* what) {
  if (holds)
    return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

struct spans : span_handler {
  explicit spans(std::string_view whole) : line{whole} {}

  void on_text(std::string_view span) override { take(span); }

  void on_found(std::string_view span, message&& content) override {
    require(!check_json(span), "a message that is found is valid JSON");
    kinds.push_back(content.index());
    take(span);
  }

  void on_unreadable(std::string_view span,
                     const unreadable_message& what) override {
    require(what.fault.offset <= line.size(), "a fault lies in its line");
    guess_stream_names(span);
    guess_error_text(span);
    unreadable.push_back(what.kind);
    take(span);
  }

  void take(std::string_view span) {
    require(span.data() == line.data() + at, "spans follow each other");
    at += span.size();
  }

  std::string_view line;
  size_t at = 0;
  std::vector<size_t> kinds;
  std::vector<message_kind> unreadable;
};

/// What the fast way says of a line that is a valid message.
struct fast : line_handler {
  void on_record(line_position, const record_message& record) override {
    kinds.push_back(message{record}.index());
  }

  void on_message(line_position, message&& content) override {
    const auto* unknown = std::get_if<unknown_message>(&content);
    if (unknown == nullptr || unknown->type.starts_with("TRACE ")
        || unknown->type.starts_with("CONTROL "))
      kinds.push_back(content.index());
  }

  void on_text(line_position, std::string_view) override {}

  void on_fault(line_position, std::string_view, const json_fault&) override {}

  void on_other_object(line_position, std::string_view,
                       const json_fault&) override {
    other_object = true;
  }

  std::vector<size_t> kinds;
  bool other_object = false;
};

/// A valid object that is no message is the same, known as one or not.
void check_object(std::string_view line, const spans& found) {
  require(!check_json(line), "a whole object is valid JSON");
  spans known{line};
  find_messages_in_object(line, known);
  require(known.at == line.size(), "every byte of an object is accounted for");
  require(known.kinds == found.kinds && known.unreadable == found.unreadable,
          "a known object has the same parts");
  // As text it has no blanks behind it.
  line = trim_right(line);
  log_line_levels levels{log_level::info};
  log_line_levels levels_of_known{log_level::info};
  require(levels.next(line).level == levels_of_known.next_object(line).level,
          "a known object has the same level");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto padded = std::make_unique<char[]>(size + line_parser::padding);
  std::memcpy(padded.get(), data, size);
  std::string_view text{padded.get(), size};
  auto line = text.substr(0, text.find('\n'));
  spans found{line};
  find_messages(line, found);
  require(found.at == line.size(), "every byte is accounted for");
  // A line that is one valid message is the same both ways.
  std::string alone{line};
  alone.append(line_parser::padding, '\0');
  line_parser parser;
  fast told;
  parser.parse({alone.data(), line.size()}, told);
  if (!told.kinds.empty())
    require(told.kinds == found.kinds, "both ways agree on a valid line");
  if (told.other_object)
    check_object(line, found);
  auto clean = clean_log_text(line);
  require(clean_log_text(clean) == clean, "clean text is clean");
  require(cut_log_text(clean).size() <= longest_log_text + 64, "cut");
  mask_secret_values(line);
  log_line_levels levels{log_level::info};
  levels.next(clean);
  return 0;
}
