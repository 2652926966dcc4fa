#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace motorcade {

/// Makes foreign text fit to stand in a message of one line: in double quotes,
/// cut to 80 bytes between two characters, control characters and bytes that
/// are not UTF-8 replaced by `?`. Not for secrets.
std::string excerpt(std::string_view text);

/// The same without quotes, for names and answers: one line of valid UTF-8,
/// with blanks for control characters and U+FFFD for broken sequences.
/// @param limit The most characters to keep; an ellipsis shows that there was
/// more.
std::string excerpt(std::string_view text, size_t limit);

} // namespace motorcade
