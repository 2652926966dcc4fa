#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Why a line of a connector's stdout could not be delivered.
enum class line_fault : uint8_t {
  /// Not JSON as RFC 8259 defines it.
  malformed_json,
  /// A byte sequence that is not UTF-8.
  invalid_utf8,
  /// A NUL byte.
  nul_byte,
  /// A control character inside a string.
  control_character,
  /// More than `max_json_depth` arrays and objects inside each other.
  nesting_too_deep,
  /// A field that the Airbyte protocol requires is not there.
  missing_field,
  /// A field has another type than the Airbyte protocol gives it.
  wrong_type,
  /// Longer than MAX_LINE_BYTES.
  line_too_long,
  /// A row longer than the destination takes.
  row_too_long,
  /// A record of a stream that the catalog does not name.
  unknown_stream,
  /// A row whose file (`file_reference`) cannot be delivered.
  file_not_delivered,
};

/// The number of enumerators of `line_fault`.
constexpr size_t line_fault_count = 11;

/// @returns the enumerator's own name.
std::string_view to_string(line_fault fault);

/// What is wrong, and where.
struct json_fault {
  line_fault reason;
  /// Counted in bytes from the start of the text.
  size_t offset;
  /// In words, e.g. `expected ':' after a key`. Has no part of the text in it.
  std::string what;
};

/// The deepest nesting that is accepted.
constexpr size_t max_json_depth = 1000;

/// Validates one JSON value, white space around it allowed, exactly as RFC 8259
/// and RFC 3629 have it: integers of any length, any exponent and lone
/// surrogate escapes are valid. Reads byte by byte and needs no memory: for
/// lines that a faster check refused, and for very long ones.
/// @returns the first fault, or nothing for valid JSON.
std::optional<json_fault> check_json(std::string_view text);

/// A member of an object that was read from a text.
struct json_member {
  /// 1: of the object itself; 2: of an object that is a member's value.
  size_t depth;
  /// The inside of the key, escapes not decoded.
  std::string_view key;
  /// Where the value begins; the text's length if the text ends before it.
  size_t value;
  /// Behind the value; npos if the value was not read to its end.
  size_t end;
};

/// The part of a value inside a longer text that could be read.
struct json_extent {
  /// The most members that are noted.
  static constexpr size_t most_members = 64;

  /// The offset behind the value, or of the fault if there is one.
  size_t end = 0;
  /// The first fault; its offset is counted from the start of the whole text.
  std::optional<json_fault> fault;
  /// The first members of the upper two levels, in their order.
  std::vector<json_member> members;
  /// The offset of the opening quote of the last string; npos: there was none.
  size_t last_string = std::string_view::npos;
};

/// Reads one JSON value that begins at `at`, as exactly as `check_json`;
/// anything may follow it. Takes time in proportion to the bytes read.
json_extent read_json_value(std::string_view text, size_t at);

/// @returns how many bytes the JSON number at the start of `text` has, and 0
/// if none stands there.
size_t json_number_length(std::string_view text);

/// @returns the offset of the first backslash at or behind `from` that does not
/// begin a valid escape, or npos. Every backslash is taken to stand in a
/// string.
size_t find_bad_escape(std::string_view text, size_t from = 0);

} // namespace motorcade
