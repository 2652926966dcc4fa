#pragma once

#include "runtime/destination/spool_file.hpp"
#include "runtime/destination/tables/table_layout.hpp"
#include "runtime/destination/tables/wire_format.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace motorcade {

/// Writes the cells of rows of CSV one after another, in the order of their
/// columns' first appearance, each with its length before it: the columns of
/// the table, whose names are its first line, are known with the last row only.
class csv_cells final : public wire_format {
public:
  void begin_row(wire_buffer&) override {}

  void put(wire_buffer& out, const cell& value) override;

  void put_null(wire_buffer& out) override;

  void end_row(wire_buffer& out) override;

private:
  std::string text_;
  std::string quoted_;
};

/// The rows of a request that becomes CSV (RFC 4180, with the line ends of
/// Unix): they wait on disk, compressed, until their columns are known. Few
/// rows wait in memory. Not thread-safe.
class csv_rows {
public:
  /// @param folder Where they wait.
  explicit csv_rows(std::string folder) : folder_{std::move(folder)} {}

  /// Takes rows as `csv_cells` wrote them.
  result<void> append(std::string_view cells);

  /// Gives the names of the columns, sorted, then the rows: null is empty, an
  /// empty text is `""`.
  result<void> write(const table_layout& layout,
                     const std::function<result<void>(std::string_view)>& to);

private:
  /// Moves the rows in memory to the disk.
  result<void> spool();

  const std::string folder_;
  std::unique_ptr<spool_file> spool_;
  /// Those that are not in the spool yet.
  std::string gathered_;
};

} // namespace motorcade
