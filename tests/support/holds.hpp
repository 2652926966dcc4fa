#pragma once

#include <string>

namespace motorcade::test {

/// @returns whether a text has that part.
inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace motorcade::test
