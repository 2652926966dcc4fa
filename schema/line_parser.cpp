#include "schema/line_parser.hpp"

#include <simdjson.h>

#include <bitset>
#include <cstring>
#include <new>

namespace motorcade {

namespace {

using stage_one = simdjson::internal::dom_parser_implementation;

constexpr size_t none = SIZE_MAX;

constexpr bool ends_number(char c) {
  return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r'
         || c == '\t';
}

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
      auto first = line.find_first_not_of(" \t\r");
      if (first == std::string_view::npos) {
        // Blank: nothing to tell.
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

  /// Indexes a text as one. Fails where anything in it is malformed in a way
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
    base_ = text.data();
    at_ = index_->structural_indexes.get();
    count_ = index_->n_structural_indexes;
    return true;
  }

  static size_t find_backslash(std::string_view text, size_t from) {
    const auto* hit = static_cast<const char*>(
        std::memchr(text.data() + from, '\\', text.size() - from));
    return hit == nullptr ? none : static_cast<size_t>(hit - text.data());
  }

  void skip_structurals(size_t end) {
    while (next_ < count_ && at_[next_] < end)
      ++next_;
  }

  char at(size_t i) const { return base_[at_[i]]; }

  // -- a line of an indexed text ---------------------------------------------

  void read_indexed(std::string_view text, size_t begin, size_t end,
                    line_position where) {
    auto line = text.substr(begin, end - begin);
    // Escapes are checked for the whole line: a valid one stands in a string.
    auto escapes = false;
    if (next_backslash_ < begin)
      next_backslash_ = find_backslash(text, begin);
    if (next_backslash_ < end) {
      escapes = true;
      if (find_bad_escape(line, next_backslash_ - begin)
          != std::string_view::npos) {
        read_alone_checked(line, where);
        skip_structurals(end);
        return;
      }
    }
    parts found;
    auto last = walk_line(next_, escapes, found);
    if (last == none || at_[last - 1] >= end
        || (last < count_ && at_[last] < end)) {
      read_alone_checked(line, where);
      skip_structurals(end);
      return;
    }
    next_ = last;
    if (!found.simple_record) {
      dispatch(line, where);
      return;
    }
    handler_->on_record(where, found.record);
  }

  /// What a walk over a line's top two levels found.
  struct parts {
    record_message record;
    /// Everything a RECORD needs is there, once, and of the right type.
    bool simple_record = false;
  };

  std::string_view string_at(size_t i) const {
    // The closing quote is the last one before the next structural character.
    size_t begin = at_[i] + 1;
    size_t end = at_[i + 1] - 1;
    while (base_[end] != '"')
      --end;
    return {base_ + begin, end - begin};
  }

  /// Validates the object that starts at structural `i`.
  /// @returns the index behind its last structural, or `none`.
  size_t walk_line(size_t i, bool escapes, parts& found) const {
    auto is_record = false;
    auto has_record = false;
    auto odd = false;
    auto last = walk_members(i, [&](std::string_view key, size_t value) {
      if (escapes && key.find('\\') != std::string_view::npos)
        odd = true;
      if (key == "type") {
        odd |= is_record;
        is_record = at(value) == '"' && string_at(value) == "RECORD";
        return skip_value(value);
      }
      if (key == "record") {
        odd |= has_record || at(value) != '{';
        has_record = true;
        if (!odd)
          return walk_record(value, escapes, found.record, odd);
      }
      return skip_value(value);
    });
    found.simple_record = is_record && has_record && !odd
                          && found.record.stream.data() != nullptr
                          && found.record.data.data() != nullptr;
    return last;
  }

  size_t walk_record(size_t i, bool escapes, record_message& record,
                     bool& odd) const {
    auto has_time = false;
    auto last = walk_members(i, [&](std::string_view key, size_t value) {
      if (escapes && key.find('\\') != std::string_view::npos)
        odd = true;
      auto end = skip_value(value);
      if (end == none)
        return none;
      auto c = at(value);
      if (key == "data") {
        odd |= c != '{' || record.data.data() != nullptr;
        if (c == '{')
          record.data = {base_ + at_[value], at_[end - 1] + 1 - at_[value]};
      } else if (key == "stream") {
        odd |= c != '"' || record.stream.data() != nullptr;
        if (c == '"')
          record.stream = string_at(value);
      } else if (key == "namespace") {
        odd |=
            (c != '"' && c != 'n') || record.stream_namespace.data() != nullptr;
        if (c == '"')
          record.stream_namespace = string_at(value);
      } else if (key == "emitted_at") {
        odd |= has_time || (c != '-' && (c < '0' || c > '9'));
        has_time = true;
      }
      return end;
    });
    odd |= !has_time;
    return last;
  }

  /// Walks over the members of the object at structural `i`; `f` gets a key's
  /// inside and the value's structural, and returns the index behind the value.
  template <class F>
  size_t walk_members(size_t i, F f) const {
    ++i;
    if (at(i) == '}')
      return i + 1;
    for (;;) {
      if (at(i) != '"' || at(i + 1) != ':')
        return none;
      i = f(string_at(i), i + 2);
      if (i == none)
        return none;
      auto c = at(i++);
      if (c == '}')
        return i;
      if (c != ',')
        return none;
    }
  }

  /// Validates the value that starts at structural `i`, without recursion. A
  /// text ends with a structural that is no JSON character, so no bounds need
  /// be checked on the way.
  /// @returns the index behind its last structural, or `none`.
  size_t skip_value(size_t i) const {
    // Up to two levels are open around the value; what that makes too strict
    // gets its exact look.
    size_t depth = 0;
    constexpr size_t deepest = max_json_depth - 2;
    for (;;) {
      // A value.
      switch (at(i)) {
      case '"':
        ++i;
        break;
      case '{':
        if (depth == deepest)
          return none;
        in_object_[depth++] = true;
        if (at(++i) == '}') {
          ++i;
          --depth;
          break;
        }
        if (at(i) != '"' || at(i + 1) != ':')
          return none;
        i += 2;
        continue;
      case '[':
        if (depth == deepest)
          return none;
        in_object_[depth++] = false;
        if (at(++i) == ']') {
          ++i;
          --depth;
          break;
        }
        continue;
      case 't':
        if (!is_word(i, "true", 4))
          return none;
        ++i;
        break;
      case 'f':
        if (!is_word(i, "false", 5))
          return none;
        ++i;
        break;
      case 'n':
        if (!is_word(i, "null", 4))
          return none;
        ++i;
        break;
      default:
        if (!is_number(i))
          return none;
        ++i;
      }
      // Behind a value.
      for (;;) {
        if (depth == 0)
          return i;
        auto c = at(i++);
        if (c == ',') {
          if (in_object_[depth - 1]) {
            if (at(i) != '"' || at(i + 1) != ':')
              return none;
            i += 2;
          }
          break;
        }
        if (c != (in_object_[depth - 1] ? '}' : ']'))
          return none;
        --depth;
      }
    }
  }

  bool is_word(size_t i, const char* word, size_t length) const {
    const auto* p = base_ + at_[i];
    return std::memcmp(p, word, length) == 0 && ends_number(p[length]);
  }

  bool is_number(size_t i) const {
    const auto* p = base_ + at_[i];
    auto digit = [&] {
      return static_cast<unsigned char>(*p - '0') < 10;
    };
    auto digits = [&] {
      if (!digit())
        return false;
      do
        ++p;
      while (digit());
      return true;
    };
    if (*p == '-')
      ++p;
    if (*p == '0')
      ++p;
    else if (!digits())
      return false;
    if (*p == '.') {
      ++p;
      if (!digits())
        return false;
    }
    if (*p == 'e' || *p == 'E') {
      ++p;
      if (*p == '+' || *p == '-')
        ++p;
      if (!digits())
        return false;
    }
    return ends_number(*p);
  }

  // -- a line by itself
  // --------------------------------------------------------

  /// Reads a line of a text that could not be indexed as one.
  void read_alone(std::string_view line, line_position where) {
    if (!make_index(line)) {
      read_alone_checked(line, where);
      return;
    }
    next_ = 0;
    next_backslash_ = find_backslash(line, 0);
    // The line is a text of its own here, but its place is in the whole.
    read_indexed(line, 0, line.size(), where);
  }

  /// Reads a line byte by byte.
  void read_alone_checked(std::string_view line, line_position where) {
    if (auto fault = check_json(line))
      handler_->on_fault(where, line, *fault);
    else
      dispatch(line, where);
  }

  /// Reads a valid line that is no plain RECORD.
  void dispatch(std::string_view line, line_position where) {
    auto read = parse_message(line);
    if (auto* fault = std::get_if<json_fault>(&read)) {
      handler_->on_fault(where, line, *fault);
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
  const char* base_ = nullptr;
  const uint32_t* at_ = nullptr;
  size_t count_ = 0;
  /// The first structural that is not yet walked over.
  size_t next_ = 0;
  size_t next_backslash_ = none;
  mutable std::bitset<max_json_depth> in_object_;
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
