#pragma once

#include <string>
#include <string_view>

namespace motorcade {

/// @returns the text as one word of a POSIX shell, in single quotes.
std::string quote_for_shell(std::string_view text);

} // namespace motorcade
