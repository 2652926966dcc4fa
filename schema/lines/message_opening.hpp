#pragma once

#include "schema/json/json_check.hpp"
#include "schema/lines/message_kind.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace motorcade {

/// A line of text, and where in it the names of message types stand last: so
/// that many objects of one line can ask without searching it again and again.
class opening_line {
public:
  /// @param text Outlives this.
  explicit opening_line(std::string_view text) : text_{text} {}

  /// @returns the whole line.
  std::string_view text() const { return text_; }

  /// @returns whether the type's name stands in quotes at or behind `from`.
  bool names_behind(message_kind kind, size_t from) const;

  /// @returns whether the line holds the word `Airbyte` at or behind `from`.
  bool airbyte_behind(size_t from) const;

private:
  static constexpr size_t not_searched = std::string_view::npos - 1;

  std::string_view text_;
  mutable std::array<size_t, message_kind_count> last_ = {
      not_searched, not_searched, not_searched, not_searched, not_searched,
      not_searched, not_searched, not_searched, not_searched};
  mutable size_t last_airbyte_ = not_searched;
};

/// Judges by its members whether a broken JSON object seems to be a message.
///
/// That is: its `type` is one of the protocol (in any case of its letters), and
/// the type's own member is there, e.g. `record`, or could still have come
/// where the object breaks off. If `type` did not come before that, the own
/// member with a key of the protocol in it is enough. Objects that are whole
/// are judged by `judge_whole_object`.
/// @param at Where in the line the object begins.
/// @param limit Where it is broken or interrupted.
std::optional<message_kind> judge_object(const opening_line& line, size_t at,
                                         const json_extent& object,
                                         size_t limit);

/// The same for what is written otherwise than JSON: keys in single quotes
/// (Python, JavaScript), in escaped quotes, or without quotes.
std::optional<message_kind> judge_foreign_object(const opening_line& line,
                                                 size_t at);

/// The same for an object whose beginning is lost: it begins with, or stands
/// behind, the own member of a message, e.g. `"record":{"stream":`.
/// @param at Where the member's value begins, a `{`.
/// @param object The value, as far as it could be read.
/// @param begin Set to where the member's key begins.
std::optional<message_kind> judge_fragment(std::string_view line, size_t at,
                                           const json_extent& object,
                                           size_t& begin);

/// The same for a message as a program prints its own object, e.g.
/// `AirbyteMessage(type=<Type.RECORD: 'RECORD'>, …)`.
/// @param at Where `type=` begins.
std::optional<message_kind> judge_printed_object(const opening_line& line,
                                                 size_t at);

/// @returns whether a broken object has the keys of a logger (`level`, `msg`).
bool is_log_object(const json_extent& object);

} // namespace motorcade
