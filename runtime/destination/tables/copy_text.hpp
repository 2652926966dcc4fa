#pragma once

#include "runtime/destination/tables/wire_format.hpp"

#include <string>

namespace motorcade {

/// The text format of Postgres's COPY: cells are separated by tabs, `\N` is
/// null, backslash escapes itself and control characters.
/// https://www.postgresql.org/docs/15/sql-copy.html
///
/// ClickHouse's TabSeparated format reads the same, but for booleans in columns
/// of UInt8. https://clickhouse.com/docs/interfaces/formats/TabSeparated
class copy_text final : public wire_format {
public:
  /// @param numeric_booleans 1 and 0 in place of `true` and `false`.
  explicit copy_text(bool numeric_booleans = false)
      : numeric_booleans_{numeric_booleans} {}

  void begin_row(wire_buffer&) override { first_ = true; }

  void put(wire_buffer& out, const cell& value) override;

  void put_null(wire_buffer& out) override;

  void end_row(wire_buffer& out) override { out.append('\n'); }

private:
  /// Writes a tab, unless the row begins.
  void separate(wire_buffer& out) {
    if (!first_)
      out.append('\t');
    first_ = false;
  }

  const bool numeric_booleans_;
  bool first_ = true;
  std::string decoded_;
};

} // namespace motorcade
