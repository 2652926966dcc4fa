#pragma once

#include "runtime/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// Where a page of rows ended: the time and the id of its last row.
struct page_end {
  wall_time time = {};
  std::string id;

  bool operator==(const page_end&) const = default;
};

/// @param kind Which rows, so that nobody takes one cursor for another.
/// @returns a text of letters and digits that means nothing to others.
std::string write_cursor(char kind, const page_end& end);

/// The inverse of `write_cursor`.
/// @returns nothing for any other text.
std::optional<page_end> read_cursor(char kind, std::string_view text);

} // namespace motorcade
