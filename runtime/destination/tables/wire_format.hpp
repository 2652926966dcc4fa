#pragma once

#include "runtime/destination/tables/cell.hpp"
#include "runtime/destination/tables/wire_buffer.hpp"

namespace motorcade {

/// Writes rows in the form of one warehouse. Each row is `begin_row`, a `put`
/// or `put_null` for each column in order, `end_row`. Not thread-safe.
class wire_format {
public:
  virtual ~wire_format() = default;

  /// Writes what stands before a row.
  virtual void begin_row(wire_buffer& out) = 0;

  /// @param value As `cell_converter` made it for the column, or as it came
  /// if the dialect `keeps_values`.
  virtual void put(wire_buffer& out, const cell& value) = 0;

  /// Writes a column without a value.
  virtual void put_null(wire_buffer& out) = 0;

  /// Writes what stands behind a row.
  virtual void end_row(wire_buffer& out) = 0;
};

} // namespace motorcade
