#pragma once

#include <optional>

namespace motorcade {

/// A letter and the mark that is written above or below it.
struct decomposition {
  char32_t base;
  char32_t mark;
};

/// @returns the canonical decomposition of a composed letter by one step;
/// nothing where it has none, or is of a script that is not known here.
std::optional<decomposition> decompose(char32_t character);

} // namespace motorcade
