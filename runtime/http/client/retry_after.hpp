#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace motorcade {

/// Reads the header `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
/// @returns the wait that it asks for, from 0 to a day; nothing if the text is
/// neither.
std::optional<std::chrono::milliseconds>
parse_retry_after(const std::string& text);

} // namespace motorcade
