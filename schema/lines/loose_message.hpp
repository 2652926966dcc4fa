#pragma once

#include "schema/lines/message_kind.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace motorcade {

class loose_message;

/// @returns a `loose_message` that has read the beginning of a line too long to
/// be parsed. In a JSON object, which may be a program's log, escaped quotes
/// are data.
loose_message begin_long_line(std::string_view beginning);

/// Looks in text that holds no valid message for what is left of one: a message
/// with a bracket, a quote or a colon too few, in the notation of CSV, HTML,
/// URLs, Go, Ruby or UTF-16, with typographic quotes, or without its beginning
/// or end.
///
/// Text seems to hold a message if, whatever quotes and brackets stand around,
/// - a type of the protocol, behind a key `type` or in quotes, and the key of
///   that type's own member with a key of the protocol in it are there, in any
///   order; or
/// - such an own member in quotes and a key that the protocol alone has
///   (`emitted_at`, `stream_descriptor`, `failure_type`) are; or
/// - keys of a message whose object was opened before the text begins are, such
///   as `"emitted_at":1}}` at the end of the text.
///
/// Reads a text in pieces, byte by byte, and keeps nothing of it.
class loose_message {
public:
  struct place {
    message_kind kind = message_kind::unknown;
    /// The place of its first character, as counted by `read`.
    size_t begin = 0;
    /// Its beginning is lost.
    bool is_rest = false;
  };

  /// Has read nothing yet.
  loose_message() {
    type_at_.fill(none);
    member_at_.fill(none);
  }

  /// Reads on.
  /// @param offset The place of the piece's first byte, for `place::begin`.
  void read(std::string_view piece, size_t offset);

  /// Takes text behind backslashes as data from here on.
  void ignore_escaped() { escaped_is_data_ = true; }

  /// Notes that the text has ended.
  /// @returns the message that it seems to hold.
  std::optional<place> end();

  /// The same as `end`, if only the kind matters.
  std::optional<message_kind> end_kind();

private:
  static constexpr size_t none = SIZE_MAX;

  /// Keys by which the rest of a message is known.
  enum rest_key : uint8_t {
    emitted_at,
    data,
    stream,
    /// `stream_state`, and others that only a STATE has.
    of_state,
    failure_type,
    stream_status,
    status,
    connector_config,
    rest_keys,
    no_key,
  };

  /// Where such a key stands.
  struct rest_place {
    size_t at = none;
    int64_t depth = 0;
    /// Its object was opened before the text began.
    bool outside = false;
  };

  /// What the next word may be.
  enum class expected : uint8_t {
    nothing,
    /// Behind a key `type`.
    type,
    /// Behind the key of an own member.
    member,
    /// Behind that and a bracket.
    inner,
    /// Behind a key `type` there.
    inner_type,
  };

  /// Takes a character of the text, decoded, and its place.
  void take(char c, size_t at);

  /// Takes the word that ended: it may be a type, a key of a message or
  /// neither.
  /// @param behind The character behind it; NUL: the text has ended.
  void take_word(char behind);

  /// Takes a character that is none of a word: it decides what the next word
  /// may be, and opens or closes objects.
  void take_mark(char c);

  /// Notes the key before a colon; `data` counts only if an object follows.
  void take_key();

  /// Takes a word in quotes that names a kind of message exactly.
  /// @returns whether it does.
  bool take_type(std::string_view word, char behind);

  /// Takes a word that stands where one of a message is expected.
  /// @returns whether it is that word.
  bool take_expected(std::string_view word, char behind);

  /// Notes that the own member of a kind of message was found.
  void take_member();

  /// Notes where a key stands, and whether the text opened its object.
  void note(rest_key key);

  /// @returns the key that a word is; `no_key`: none.
  static rest_key rest_key_of(std::string_view word);

  /// @returns the kind of message whose end the text seems to be; nothing: of
  /// none.
  std::optional<message_kind> kind_of_rest() const;
  /// @returns whether a key is there that only such messages have.
  bool has_key_of(message_kind kind) const;
  /// @returns whether the text closes that many objects around the key, and
  /// one that it does not open.
  bool closes(rest_key key, int64_t objects) const;

  /// @returns whether both keys stand in one object, which was opened before
  /// the text began.
  bool together(rest_key a, rest_key b) const;

  // The word that is being read.
  static constexpr size_t longest_word = 40;
  std::array<char, longest_word> letters_ = {};
  size_t size_ = 0;
  size_t word_at_ = 0;
  bool quoted_ = false;

  // The state before the current word.
  char last_ = ' ';
  expected expected_ = expected::nothing;
  size_t type_key_at_ = 0;
  message_kind member_ = message_kind::unknown;
  size_t member_key_at_ = 0;
  bool member_quoted_ = false;
  bool assigned_ = false;
  rest_key key_ = no_key;
  size_t key_at_ = 0;
  /// The value of the key `data` may begin.
  bool data_follows_ = false;

  // The findings so far.
  std::array<size_t, message_kind_count> type_at_;
  std::array<size_t, message_kind_count> member_at_;
  std::array<bool, message_kind_count> quoted_member_ = {};
  std::array<rest_place, rest_keys> rest_ = {};
  bool ends_stream_ = false;
  int64_t depth_ = 0;
  int64_t least_depth_ = 0;
  bool escaped_is_data_ = false;
  size_t assignments_ = 0;
  /// The text begins in the middle of JSON: no blank stands before its first
  /// quote, comma, colon or bracket.
  std::optional<bool> begins_inside_;
};

} // namespace motorcade
