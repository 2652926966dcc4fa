#pragma once

#include <string>
#include <string_view>

namespace motorcade {

/// Makes foreign text fit to stand in a message of one line: in double quotes,
/// cut to 80 bytes between two characters, control characters and bytes that
/// are not UTF-8 replaced by `?`. Not for secrets.
std::string excerpt(std::string_view text);

} // namespace motorcade
