#pragma once

namespace motorcade {

/// @returns whether a code point is a letter of any script (Unicode category
/// L).
bool is_letter(char32_t c);

} // namespace motorcade
