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

/// @returns the bytes in the form of base64 for URLs and tokens (RFC 4648,
/// section 5), without padding.
std::string to_base64url(std::string_view bytes);

/// The inverse of `to_base64url`.
/// @returns nothing if the text is none, or has blanks or padding.
std::optional<std::string> from_base64url(std::string_view text);

} // namespace motorcade
