#pragma once

#include "schema/json/json_check.hpp"
#include "schema/lines/message.hpp"
#include "schema/lines/message_kind.hpp"
#include "schema/log/log_level.hpp"

#include <bitset>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace motorcade {

/// A walk over the structural characters of a text that simdjson's first stage
/// found: it validates the grammar, one line at a time, and notes where the
/// fields of the commonest messages lie.
///
/// The text must end with a structural that is no JSON character; a line that
/// the walk refuses may still be valid, and is checked by `check_json`.
class structural_walk {
public:
  static constexpr size_t none = SIZE_MAX;

  /// What a walk over a line's top two levels found.
  struct parts {
    enum line_kind : uint8_t {
      /// Another line, or one with a peculiarity.
      other,
      /// Everything a RECORD needs is there, once, and of the right type.
      simple_record,
      /// A LOG without escapes and without a stack trace.
      simple_log,
      /// An object without a key `type`.
      untyped,
    };

    line_kind kind = other;
    record_message record;
    bool has_level = false;
    log_level level = log_level::info;
    std::string_view log_text;
  };

  /// @param base The text.
  /// @param at Where in it the `count` structurals lie.
  void start(const char* base, const uint32_t* at, size_t count) {
    base_ = base;
    at_ = at;
    count_ = count;
  }

  /// @returns how many structurals there are.
  size_t count() const { return count_; }

  /// @returns where structural `i` lies.
  size_t offset(size_t i) const { return at_[i]; }

  /// Validates the object that starts at structural `i`.
  /// @returns the index behind its last structural, or `none`.
  size_t walk_line(size_t i, bool escapes, parts& found) const {
    std::string_view type;
    auto record = part_seen::no;
    auto log = part_seen::no;
    auto odd = false;
    auto last = walk_members(i, [&](std::string_view key, size_t value) {
      if (escapes && key.find('\\') != std::string_view::npos)
        odd = true;
      if (key == "type") {
        odd |= type.data() != nullptr || at(value) != '"';
        if (at(value) == '"')
          type = string_at(value);
      } else if (key == "record") {
        odd |= record != part_seen::no || at(value) != '{';
        record = part_seen::plain;
        if (!odd)
          return walk_record(value, escapes, found.record, odd);
      } else if (key == "log") {
        if (at(value) == 'n')
          return skip_value(value);
        log = log == part_seen::no && at(value) == '{' && !escapes
                  ? part_seen::plain
                  : part_seen::odd;
        if (log == part_seen::plain)
          return walk_log(value, found, log);
      } else if (at(value) == '{') {
        // Perhaps a second message.
        odd |= find_kind_of_member(key).has_value();
      }
      return skip_value(value);
    });
    if (odd || (record != part_seen::no && log != part_seen::no))
      return last;
    if (type == "RECORD" && record == part_seen::plain
        && found.record.stream.data() != nullptr
        && found.record.data.data() != nullptr)
      found.kind = parts::simple_record;
    else if (type == "LOG" && log == part_seen::plain
             && found.log_text.data() != nullptr && found.has_level)
      found.kind = parts::simple_log;
    else if (type.data() == nullptr)
      found.kind = parts::untyped;
    return last;
  }

private:
  enum class part_seen : uint8_t { no, plain, odd };

  /// @returns whether a character may stand right behind a number or a word.
  static constexpr bool ends_number(char c) {
    return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n'
           || c == '\r' || c == '\t';
  }

  /// @returns the character of structural `i`.
  char at(size_t i) const { return base_[at_[i]]; }

  /// @returns the inside of the string at structural `i`, escapes as they
  /// stand. Precondition: it is a quote, and another structural follows.
  std::string_view string_at(size_t i) const {
    // The closing quote is the last one before the next structural character.
    size_t begin = at_[i] + 1;
    size_t end = at_[i + 1] - 1;
    while (base_[end] != '"')
      --end;
    return {base_ + begin, end - begin};
  }

  /// Walks over the member `record` at structural `i`, an object.
  /// @param odd Set if it has a key that is escaped, double, missing or of the
  /// wrong type, so that the line is checked exactly.
  /// @returns the index behind it, or `none`.
  size_t walk_record(size_t i, bool escapes, record_message& record,
                     bool& odd) const {
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
        odd |= record.emitted_at.data() != nullptr
               || (c != '-' && (c < '0' || c > '9'));
        record.emitted_at = {base_ + at_[value], at_[end] - at_[value]};
      } else if (key == "file_reference") {
        odd |= c != 'n';
      } else if (key == "meta" && c == '{') {
        record.meta = {base_ + at_[value], at_[end - 1] + 1 - at_[value]};
      }
      return end;
    });
    odd |= record.emitted_at.data() == nullptr;
    return last;
  }

  /// Walks over the member `log` at structural `i`, an object.
  /// @param log Set to `odd` if it has a key twice, a stack trace or a wrong
  /// type.
  /// @returns the index behind it, or `none`.
  size_t walk_log(size_t i, parts& found, part_seen& log) const {
    return walk_members(i, [&](std::string_view key, size_t value) {
      auto is_text = at(value) == '"';
      auto plain = true;
      if (key == "level") {
        plain = is_text && !found.has_level
                && from_string(string_at(value), found.level);
        found.has_level = true;
      } else if (key == "message") {
        plain = is_text && found.log_text.data() == nullptr;
        if (is_text)
          found.log_text = string_at(value);
      } else if (key == "stack_trace") {
        plain = at(value) == 'n';
      }
      if (!plain)
        log = part_seen::odd;
      return skip_value(value);
    });
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
    // Up to two levels are open around the value; a line for which that is too
    // strict is checked exactly.
    constexpr size_t deepest = max_json_depth - 2;
    const auto* base = base_;
    const auto* places = at_;
    auto at = [base, places](size_t k) {
      return base[places[k]];
    };
    size_t depth = 0;
    // Whether the innermost container is an object; `in_object_` has the
    // others.
    auto in_object = false;
    for (;;) {
      // A value.
      switch (at(i)) {
      case '"':
        ++i;
        break;
      case '{':
        if (depth == deepest)
          return none;
        if (at(++i) == '}') {
          ++i;
          break;
        }
        if (at(i) != '"' || at(i + 1) != ':')
          return none;
        i += 2;
        in_object_[depth++] = in_object;
        in_object = true;
        continue;
      case '[':
        if (depth == deepest)
          return none;
        if (at(++i) == ']') {
          ++i;
          break;
        }
        in_object_[depth++] = in_object;
        in_object = false;
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
          if (in_object) {
            if (at(i) != '"' || at(i + 1) != ':')
              return none;
            i += 2;
          }
          break;
        }
        if (c != (in_object ? '}' : ']'))
          return none;
        in_object = in_object_[--depth];
      }
    }
  }

  /// @returns whether the text at structural `i` is this word of `length`
  /// characters.
  bool is_word(size_t i, const char* word, size_t length) const {
    const auto* p = base_ + at_[i];
    return std::memcmp(p, word, length) == 0 && ends_number(p[length]);
  }

  /// @returns whether the text at structural `i` is a number of JSON.
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

  const char* base_ = nullptr;
  const uint32_t* at_ = nullptr;
  size_t count_ = 0;
  mutable std::bitset<max_json_depth> in_object_;
};

} // namespace motorcade
