#pragma once

#include <string_view>

namespace motorcade::support {

/// @returns whether the text is one JSON value as RFC 8259 has it, numbers of
/// any size and lone surrogate escapes included.
bool is_json(std::string_view text);

} // namespace motorcade::support
