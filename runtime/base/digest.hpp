#pragma once

#include <string>
#include <string_view>

namespace motorcade {

/// @returns the 32 bytes of the text's SHA-256. Throws std::bad_alloc if memory
/// is lacking, as the two below.
std::string sha256(std::string_view text);

/// @returns the SHA-256 of the text as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view text);

/// @returns the SHA-512 of the text as 128 lower-case hexadecimal digits.
std::string sha512_hex(std::string_view text);

/// @returns whether both are equal, in a time that depends on the lengths
/// alone.
bool equal_in_constant_time(std::string_view a, std::string_view b);

} // namespace motorcade
