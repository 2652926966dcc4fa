#pragma once

#include "runtime/destination/tables/wire_format.hpp"

#include <cstdint>
#include <string_view>

namespace motorcade {

/// The storage class of a value on its way to SQLite.
enum class sqlite_value_kind : uint8_t { null, boolean, integer, real, text };

/// One value, ready to be bound to a parameter.
struct sqlite_value {
  sqlite_value_kind kind = sqlite_value_kind::null;
  /// The value of an integer; 0 or 1 for a boolean.
  int64_t integer = 0;
  double real = 0;
  /// UTF-8; valid as long as the rows that it was read from.
  std::string_view text = {};
};

/// Writes rows as a sequence of values in native form, so that numbers are
/// parsed once: the kind, then eight bytes of a number, or the length and the
/// bytes of a text. Read back by `sqlite_row_reader`.
class sqlite_rows final : public wire_format {
public:
  void begin_row(wire_buffer&) override {}

  void put(wire_buffer& out, const cell& value) override;

  void put_null(wire_buffer& out) override;

  void end_row(wire_buffer&) override {}

private:
  std::string decoded_;
};

/// Reads what `sqlite_rows` wrote, value by value.
class sqlite_row_reader {
public:
  /// @param rows Must outlive the reader and the values.
  explicit sqlite_row_reader(std::string_view rows) : rest_{rows} {}

  /// @returns whether all values were read.
  bool done() const noexcept { return rest_.empty(); }

  /// @returns the next value. Precondition: not `done`.
  sqlite_value next();

private:
  std::string_view rest_;
};

} // namespace motorcade
