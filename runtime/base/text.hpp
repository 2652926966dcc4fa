#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// Escapes everything but the unreserved characters of RFC 3986, so that the
/// result can stand in a path segment or in a query; a blank becomes `%20`.
std::string percent_encode(std::string_view text);

/// The same for a path, whose slashes stay.
std::string percent_encode_path(std::string_view path);

/// The inverse of `percent_encode`.
/// @returns nothing if a `%` is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// @returns `text` with every occurrence of `secret`, verbatim or
/// percent-encoded, replaced by `***`. An empty secret hides nothing.
std::string mask(std::string_view text, std::string_view secret);

} // namespace motorcade
