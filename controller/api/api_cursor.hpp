#pragma once

#include "runtime/base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// The end of a page of rows: the time and the id of its last row.
struct page_end {
  wall_time time = {};
  std::string id;

  bool operator==(const page_end&) const = default;
};

/// @param kind The kind of rows, so that a cursor of one kind is refused for
/// another.
/// @returns an opaque text of letters and digits.
std::string write_cursor(char kind, const page_end& end);

/// The inverse of `write_cursor`.
/// @returns nothing for any other text.
std::optional<page_end> read_cursor(char kind, std::string_view text);

} // namespace motorcade
