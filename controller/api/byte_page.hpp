#pragma once

#include "controller/api/api_rows.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace motorcade {

/// Rows of an answer as a JSON array that ends at `page_bytes`. A row that is
/// larger by itself has a page of its own.
struct byte_page {
  std::string json = "[";
  /// The number of rows in it.
  size_t shown = 0;
};

/// @returns the first rows, at most `limit`, and at least one if there is one.
template <class Row>
byte_page make_byte_page(const std::vector<Row>& rows, size_t limit) {
  byte_page out;
  auto most = std::min(limit, rows.size());
  for (; out.shown < most; ++out.shown) {
    auto row = to_json(rows[out.shown]);
    // The comma, and the bracket behind the last one.
    if (out.shown > 0 && out.json.size() + row.size() + 2 > page_bytes)
      break;
    if (out.shown > 0)
      out.json += ',';
    out.json += row;
  }
  out.json += ']';
  return out;
}

} // namespace motorcade
