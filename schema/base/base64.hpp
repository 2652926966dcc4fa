#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns the bytes in base64 (RFC 4648), with padding and in one line.
std::string to_base64(std::string_view bytes);

/// The inverse of `to_base64`.
/// @returns nothing if the text is no base64, or has blanks or no padding.
std::optional<std::string> from_base64(std::string_view text);

} // namespace motorcade
