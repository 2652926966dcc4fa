#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns whether `text` is well-formed UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

/// A character of a text, and the bytes that it takes there.
struct code_point {
  char32_t value = 0;
  /// 0: the bytes are no UTF-8.
  size_t size = 0;
};

/// Decodes the first character.
/// @returns size 0 if the text is empty or does not begin with well-formed
/// UTF-8: not with a surrogate, and not with more bytes than needed.
code_point first_code_point(std::string_view text);

/// Decodes the first character and takes it off the text, which must not be
/// empty.
/// @returns U+FFFD for a byte that begins none; that byte alone is taken off.
char32_t take_code_point(std::string_view& text);

/// Appends a character as UTF-8.
/// @param code At most 0x10FFFF.
void append_code_point(std::string& out, char32_t code);

/// Finds the start of the character that the byte at `at` is a part of.
/// @returns `at` itself if a character begins or the text has ended.
size_t character_start(std::string_view text, size_t at);

/// @returns the most of the head of `text` that ends between two characters
/// and has at most so many bytes.
std::string_view cut_bytes(std::string_view text, size_t most_bytes);

/// @returns whether a byte begins a character: all do but those that continue
/// one.
constexpr bool begins_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

/// @returns how many characters begin in `text`.
size_t count_characters(std::string_view text);

} // namespace motorcade
