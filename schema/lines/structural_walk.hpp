#pragma once

#include "schema/json/structural_index.hpp"
#include "schema/lines/message.hpp"
#include "schema/lines/message_kind.hpp"
#include "schema/log/log_level.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace motorcade {

/// A walk over the structural characters of a text: it validates the grammar,
/// one line at a time, and notes where the fields of the commonest messages
/// lie.
///
/// A line that the walk refuses may still be valid, and is checked by
/// `check_json`.
class structural_walk {
public:
  static constexpr auto none = structural_index::none;

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

  /// @param of The text's; outlives this.
  explicit structural_walk(const structural_index& of) : of_{of} {}

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
        odd |= type.data() != nullptr || of_.at(value) != '"';
        if (of_.at(value) == '"')
          type = of_.string_at(value);
      } else if (key == "record") {
        odd |= record != part_seen::no || of_.at(value) != '{';
        record = part_seen::plain;
        if (!odd)
          return walk_record(value, escapes, found.record, odd);
      } else if (key == "log") {
        if (of_.at(value) == 'n')
          return of_.skip_value(value);
        log = log == part_seen::no && of_.at(value) == '{' && !escapes
                  ? part_seen::plain
                  : part_seen::odd;
        if (log == part_seen::plain)
          return walk_log(value, found, log);
      } else if (of_.at(value) == '{') {
        // Perhaps a second message.
        odd |= find_kind_of_member(key).has_value();
      }
      return of_.skip_value(value);
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

  /// Walks over the member `record` at structural `i`, an object.
  /// @param odd Set if it has a key that is escaped, double, missing or of the
  /// wrong type, so that the line is checked exactly.
  /// @returns the index behind it, or `none`.
  size_t walk_record(size_t i, bool escapes, record_message& record,
                     bool& odd) const {
    auto has_meta = false;
    auto last = walk_members(i, [&](std::string_view key, size_t value) {
      if (escapes && key.find('\\') != std::string_view::npos)
        odd = true;
      auto end = of_.skip_value(value);
      if (end == none)
        return none;
      auto c = of_.at(value);
      if (key == "data") {
        odd |= c != '{' || record.data.data() != nullptr;
        if (c == '{')
          record.data = of_.text(of_.offset(value), of_.offset(end - 1) + 1);
      } else if (key == "stream") {
        odd |= c != '"' || record.stream.data() != nullptr;
        if (c == '"')
          record.stream = of_.string_at(value);
      } else if (key == "namespace") {
        odd |=
            (c != '"' && c != 'n') || record.stream_namespace.data() != nullptr;
        if (c == '"')
          record.stream_namespace = of_.string_at(value);
      } else if (key == "emitted_at") {
        odd |= record.emitted_at.data() != nullptr
               || (c != '-' && (c < '0' || c > '9'));
        record.emitted_at = of_.text(of_.offset(value), of_.offset(end));
      } else if (key == "file_reference") {
        odd |= c != 'n';
      } else if (key == "meta") {
        odd |= std::exchange(has_meta, true);
        if (c == '{')
          record.meta = of_.text(of_.offset(value), of_.offset(end - 1) + 1);
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
      auto is_text = of_.at(value) == '"';
      auto plain = true;
      if (key == "level") {
        plain = is_text && !found.has_level
                && from_string(of_.string_at(value), found.level);
        found.has_level = true;
      } else if (key == "message") {
        plain = is_text && found.log_text.data() == nullptr;
        if (is_text)
          found.log_text = of_.string_at(value);
      } else if (key == "stack_trace") {
        plain = of_.at(value) == 'n';
      }
      if (!plain)
        log = part_seen::odd;
      return of_.skip_value(value);
    });
  }

  /// Walks over the members of the object at structural `i`; `f` gets a key's
  /// inside and the value's structural, and returns the index behind the value.
  template <class F>
  size_t walk_members(size_t i, F f) const {
    ++i;
    if (of_.at(i) == '}')
      return i + 1;
    for (;;) {
      if (of_.at(i) != '"' || of_.at(i + 1) != ':')
        return none;
      i = f(of_.string_at(i), i + 2);
      if (i == none)
        return none;
      auto c = of_.at(i++);
      if (c == '}')
        return i;
      if (c != ',')
        return none;
    }
  }

  const structural_index& of_;
};

} // namespace motorcade
