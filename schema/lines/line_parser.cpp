#include "schema/lines/line_parser.hpp"

#include "schema/lines/record_form.hpp"
#include "schema/lines/structural_walk.hpp"

#include <simdjson.h>

#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace motorcade {

namespace {

using stage_one = simdjson::internal::dom_parser_implementation;

constexpr auto none = structural_walk::none;

} // namespace

class line_parser::implementation {
public:
  explicit implementation(size_t max_line_bytes)
      : max_line_bytes_{max_line_bytes} {
    auto code =
        simdjson::get_active_implementation()->create_dom_parser_implementation(
            64, 1, index_);
    if (code != simdjson::SUCCESS)
      throw std::bad_alloc{};
  }

  uint64_t parse(std::string_view text, line_handler& handler) {
    handler_ = &handler;
    uint64_t lines = 0;
    auto indexed = make_index(text);
    next_ = 0;
    next_backslash_ = indexed ? find_backslash(text, 0) : none;
    for (size_t begin = 0; begin < text.size(); ++lines) {
      const auto* newline = static_cast<const char*>(
          std::memchr(text.data() + begin, '\n', text.size() - begin));
      auto end = newline == nullptr
                     ? text.size()
                     : static_cast<size_t>(newline - text.data());
      auto line = text.substr(begin, end - begin);
      line_position where{lines, begin};
      // Nearly every line begins with its bracket.
      const auto first =
          line.starts_with('{') ? 0 : line.find_first_not_of(" \t\r");
      if (first == std::string_view::npos) {
        // A blank line leads to no call.
      } else if (line.size() > max_line_bytes_) {
        handler.on_fault(where, line,
                         {line_fault::line_too_long, max_line_bytes_,
                          std::to_string(line.size()) + " bytes"});
        if (indexed)
          skip_structurals(end);
      } else if (line[first] != '{') {
        handler.on_text(where, line);
        if (indexed)
          skip_structurals(end);
      } else if (indexed) {
        read_indexed(text, begin, end, where);
      } else {
        read_alone(line, where);
      }
      begin = end + 1;
    }
    return lines;
  }

private:
  // -- the index ------------------------------------------------------------

  /// Indexes a text as one. Fails if anything in it is malformed in a way
  /// that would spoil what follows, e.g. a quote that is never closed.
  bool make_index(std::string_view text) {
    if (text.empty() || text.size() > fast_bytes)
      return false;
    if (index_->capacity() < text.size()
        && index_->set_capacity(text.size()) != simdjson::SUCCESS)
      throw std::bad_alloc{};
    auto code = index_->stage1(reinterpret_cast<const uint8_t*>(text.data()),
                               text.size(), simdjson::stage1_mode::regular);
    if (code != simdjson::SUCCESS)
      return false;
    structurals_.start(text.data(), index_->structural_indexes.get(),
                       index_->n_structural_indexes);
    return true;
  }

  static size_t find_backslash(std::string_view text, size_t from) {
    const auto* hit = static_cast<const char*>(
        std::memchr(text.data() + from, '\\', text.size() - from));
    return hit == nullptr ? none : static_cast<size_t>(hit - text.data());
  }

  void skip_structurals(size_t end) {
    while (next_ < structurals_.count() && structurals_.offset(next_) < end)
      ++next_;
  }

  // -- a line of an indexed text ---------------------------------------------

  void read_indexed(std::string_view text, size_t begin, size_t end,
                    line_position where) {
    auto line = text.substr(begin, end - begin);
    // Escapes are checked for the whole line: they stand in strings.
    auto escapes = false;
    if (next_backslash_ < begin)
      next_backslash_ = find_backslash(text, begin);
    if (next_backslash_ < end) {
      escapes = true;
      if (find_bad_escape(line, next_backslash_ - begin)
          != std::string_view::npos) {
        read_bytewise(line, where);
        skip_structurals(end);
        return;
      }
    }
    const auto known = find_known();
    if (known != nullptr && is_line_end(known_last_, end)) {
      next_ = known_last_;
      handler_->on_record(where, known->record());
      return;
    }
    read_walking(line, end, escapes, where);
  }

  /// Looks whether the line at the next structural has the form of a record
  /// that came before, and sets `known_last_` to the index behind its last
  /// structural.
  /// @returns the form with the record; null: it has another one.
  const record_form* find_known() {
    auto* form = &forms_[recent_];
    known_last_ = form->match(structurals_, next_);
    if (known_last_ != none)
      return form;
    form = &forms_[1 - recent_];
    known_last_ = form->match(structurals_, next_);
    if (known_last_ == none)
      return nullptr;
    recent_ = 1 - recent_;
    return form;
  }

  /// @returns whether all structurals before `last`, and no other, lie before
  /// the end of the line.
  bool is_line_end(size_t last, size_t end) const {
    return structurals_.offset(last - 1) < end
           && (last == structurals_.count()
               || structurals_.offset(last) >= end);
  }

  /// Reads a line whose form is not known.
  void read_walking(std::string_view line, size_t end, bool escapes,
                    line_position where) {
    structural_walk::parts found;
    const auto last = walk_.walk_line(next_, escapes, found);
    if (last == none || !is_line_end(last, end)) {
      read_bytewise(line, where);
      skip_structurals(end);
      return;
    }
    const auto first = std::exchange(next_, last);
    switch (found.kind) {
    case structural_walk::parts::simple_record:
      recent_ = 1 - recent_;
      forms_[recent_].take(structurals_, first, last, found.record);
      handler_->on_record(where, found.record);
      break;
    case structural_walk::parts::simple_log:
      handler_->on_log(where, found.level, found.log_text);
      break;
    case structural_walk::parts::untyped:
      handler_->on_other_object(where, line, missing_type(line));
      break;
    case structural_walk::parts::other:
      dispatch(line, where);
    }
  }

  // -- a line by itself ------------------------------------------------------

  /// Reads a line of a text that could not be indexed as one.
  void read_alone(std::string_view line, line_position where) {
    if (!make_index(line)) {
      read_bytewise(line, where);
      return;
    }
    next_ = 0;
    next_backslash_ = find_backslash(line, 0);
    // The line is a text of its own here, with its place in the whole.
    read_indexed(line, 0, line.size(), where);
  }

  /// Reads a line byte by byte.
  void read_bytewise(std::string_view line, line_position where) {
    if (auto fault = check_json(line))
      handler_->on_fault(where, line, *fault);
    else
      dispatch(line, where);
  }

  /// Reads a valid line that is no plain RECORD.
  void dispatch(std::string_view line, line_position where) {
    auto read = parse_message(line);
    if (auto* fault = std::get_if<json_fault>(&read)) {
      handler_->on_other_object(where, line, *fault);
      return;
    }
    auto& content = std::get<message>(read);
    if (auto* record = std::get_if<record_message>(&content))
      handler_->on_record(where, *record);
    else
      handler_->on_message(where, std::move(content));
  }

  size_t max_line_bytes_;
  std::unique_ptr<stage_one> index_;
  line_handler* handler_ = nullptr;
  structural_index structurals_;
  structural_walk walk_{structurals_};
  /// The forms of two records that came before, since streams may differ in
  /// whether they have a namespace.
  std::array<record_form, 2> forms_;
  size_t recent_ = 0;
  size_t known_last_ = none;
  /// The first structural that was not walked over yet.
  size_t next_ = 0;
  size_t next_backslash_ = none;
};

line_parser::line_parser(size_t max_line_bytes)
    : impl_{std::make_unique<implementation>(max_line_bytes)} {}

line_parser::~line_parser() = default;
line_parser::line_parser(line_parser&&) noexcept = default;
line_parser& line_parser::operator=(line_parser&&) noexcept = default;

uint64_t line_parser::parse(std::string_view text, line_handler& handler) {
  return impl_->parse(text, handler);
}

} // namespace motorcade
