#pragma once

#include <string_view>

namespace motorcade {

/// What a search in a text returns if it finds nothing.
inline constexpr auto npos = std::string_view::npos;

} // namespace motorcade
