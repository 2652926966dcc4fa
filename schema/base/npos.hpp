#pragma once

#include <string_view>

namespace motorcade {

/// The place that `find` and its kin return for a text that is not there.
inline constexpr auto npos = std::string_view::npos;

} // namespace motorcade
