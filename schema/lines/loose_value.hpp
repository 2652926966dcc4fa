#pragma once

#include "schema/base/stream_id.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A text in quotes of any style, escapes decoded as far as they can be.
struct loose_value {
  std::string text;
  /// It is longer than what is read of a value, and its end is not here.
  bool cut = false;
  /// Its closing quote was found.
  bool closed = false;
};

/// @returns the first and, where it is another one, the last text that stands
/// as the value of `key` in something like JSON. For lines that are broken.
std::vector<loose_value> find_loose_values(std::string_view text,
                                           std::string_view key);

/// @returns which streams a broken RECORD or STATE may be of, the likeliest
/// first; empty: it names none.
std::vector<stream_id> guess_stream_names(std::string_view broken);

/// @returns the text of a broken TRACE ERROR, as far as it can be read; empty:
/// nothing can.
loose_value guess_error_text(std::string_view broken);

} // namespace motorcade
