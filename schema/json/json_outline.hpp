#pragma once

#include "schema/base/result.hpp"
#include "schema/json/json_check.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The kind of a JSON value.
enum class json_kind : uint8_t {
  null,
  boolean,
  number,
  string,
  array,
  object,
};

/// @returns the kind with its article, for messages: `an object`, `null`.
std::string_view to_string(json_kind kind);

/// A value of a small document of which names, texts and numbers matter, and
/// the values of booleans do not. Members keep their order.
struct json_value {
  json_kind kind = json_kind::null;
  /// The name of this member; empty for what is not a member of an object.
  std::string key;
  /// The decoded text of a string; a number as it is written.
  std::string text;
  /// What an array or an object holds.
  std::vector<json_value> children;

  /// @returns the member of that name, or nullptr if there is none or if it is
  /// null, which Airbyte's programs write for what is absent. Of members
  /// with the same name the last counts.
  const json_value* find(std::string_view name) const;
};

/// Reads a whole document, checked against RFC 8259 and UTF-8. What lies within
/// more than `keep_depth` arrays and objects is checked but not kept. Lone
/// surrogate escapes are read as U+FFFD; numbers may be of any size.
/// @returns invalid_argument with the position and the reason, and with nothing
/// of the text, which may hold secrets.
result<json_value> read_json(std::string_view text,
                             size_t keep_depth = max_json_depth);

} // namespace motorcade
