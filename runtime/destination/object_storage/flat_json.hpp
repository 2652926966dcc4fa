#pragma once

#include "runtime/destination/tables/table_layout.hpp"
#include "runtime/destination/tables/wire_format.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// Writes rows as JSON objects without objects in them, one a line: values as
/// they came, arrays as text, and without those that are null.
class flat_json final : public wire_format {
public:
  /// Sets the columns of the rows that follow.
  void set_columns(const table_layout& layout);

  void begin_row(wire_buffer& out) override;

  void put(wire_buffer& out, const cell& value) override;

  void put_null(wire_buffer&) override { ++column_; }

  void end_row(wire_buffer& out) override;

private:
  /// `"name":` each.
  std::vector<std::string> names_;
  size_t column_ = 0;
  bool first_ = true;
  std::string text_;
};

} // namespace motorcade
