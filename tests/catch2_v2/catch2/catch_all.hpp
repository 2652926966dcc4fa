#pragma once

// Catch2 3's header if there is Catch2 2 alone (Debian 12): the tests are
// written for 3, and this names in its way those things that they use.
#include <catch2/catch.hpp>

namespace Catch {

using Detail::Approx;

namespace Matchers {

/// Matches a text that has `part` in it.
inline StdString::ContainsMatcher ContainsSubstring(const std::string& part) {
  return Contains(part);
}

} // namespace Matchers
} // namespace Catch
