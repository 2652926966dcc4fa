#pragma once

#include "runtime/destination/tables/cell_converter.hpp"
#include "runtime/destination/tables/key_columns.hpp"
#include "runtime/destination/tables/row_index.hpp"
#include "runtime/destination/tables/row_paths.hpp"
#include "runtime/destination/tables/table_layout.hpp"
#include "runtime/destination/tables/unmapped_values.hpp"
#include "runtime/destination/tables/wire_format.hpp"
#include "schema/base/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Takes the output of a table builder, in order.
class table_sink {
public:
  virtual ~table_sink() = default;

  /// Takes the columns of the rows that follow, all parts of them in order.
  virtual result<void> on_layout(const table_layout& layout) = 0;

  /// Takes whole rows in the wire form.
  virtual result<void> on_rows(std::string_view wire) = 0;
};

/// The rules for a table, which a table builder needs beforehand.
struct table_rules {
  table_dialect dialect;
  bool to_same_case = false;
  /// The schema of the stream. Its columns are made in any case.
  std::vector<schema_field> fields = {};
  /// The members of the key; each row needs a value of them. Others that would
  /// have the same columns do not take their place.
  std::vector<key_path> key = {};
  /// The target's columns; empty: there is no target yet.
  std::vector<target_column> target = {};
  /// A column of JSON objects that end with an array `changes`: values that
  /// went to `_unmapped_data` are told there in the words of Airbyte's
  /// protocol. Empty: there is none.
  std::string changes_column = {};
};

/// Makes a table of JSON rows: flattens, names, infers and converts, and writes
/// the rows in the wire form of a warehouse. Each row is walked over once; no
/// tree of it is made. Knows no warehouse. Not thread-safe.
class table_builder {
public:
  /// @param wire Must outlive the builder.
  table_builder(table_rules rules, wire_format& wire);

  /// Adds rows, each a JSON object and a newline, which were validated before.
  /// @returns the sink's failure, or destination_rejected, which fails the
  /// request, if a row lacks a value of the key, two of the key's columns would
  /// be one, or a value that no column takes cannot go to `_unmapped_data`.
  result<void> add(std::string_view rows, table_sink& sink);

  /// @returns the columns so far.
  const table_layout& layout() const { return layout_; }

  /// @returns the names of the key's columns.
  const std::vector<std::string>& key() const { return key_.names(); }

  /// @returns the number of rows so far.
  uint64_t rows() const { return rows_; }

  /// @returns the number of rows that came before the first column and wait for
  /// one.
  uint64_t bare_rows() const { return bare_rows_; }

  /// @returns the number of values that went to `_unmapped_data`.
  uint64_t unmapped() const { return unmapped_; }

private:
  struct slot {
    cell value;
    /// The row of the value.
    uint64_t row = 0;
    /// The place of the value in that row.
    const row_path* path = nullptr;
  };

  /// The end of an attempt to write a row.
  enum class written : uint8_t {
    whole,
    needs_column,
    unmapped_unfit,
    lacks_key,
  };

  /// Reads the members of an object of the row.
  /// @param node That of its keys in `paths_`.
  /// @returns the structural behind the object.
  size_t walk_object(size_t at, size_t node);

  /// Reads the value of a path: an object that is flattened, or a value for a
  /// column.
  /// @returns the structural behind the value.
  size_t walk_value(size_t at, row_path& path);

  /// Notes a value for the column of its path, which is added or widened if
  /// need be. A value without a column goes to `_unmapped_data`.
  void take(row_path& path, cell value);

  /// Notes that a row has null there. Where rows are merged, an earlier value
  /// must not stay in the target for it.
  void take_null(row_path& path);

  /// @returns whether of two members of a row, which have one column, the first
  /// has it; the other goes to `_unmapped_data`.
  static bool goes_before(const row_path& first, const row_path& second);

  /// Finds or adds the column of a path that has none so far.
  void find_column(row_path& path, const cell& value);

  /// Notes the SQL type that the row asks for a column.
  void take_type(const row_path& path, size_t at);

  /// Gives columns the types that the row asks for.
  /// @param first_new Columns from this one on are new, and take them.
  void apply_types(size_t first_new);

  /// Writes the row that was read; tells the sink of new columns before.
  result<void> write_row(table_sink& sink);

  /// Gives the sink the rows that have gathered.
  result<void> flush(table_sink& sink);

  /// Appends the row in the wire form, and before it those that waited for a
  /// column. A row that cannot be written leaves nothing.
  written encode();

  /// Appends the row's value of a column, in its last part; null if it does not
  /// convert, then it goes to `_unmapped_data`.
  /// @param is_unmapped The column is that one, and its value `unmapped_json_`.
  void encode_column(size_t column, bool is_unmapped);

  /// @returns whether the column of a key tells the value from all others.
  bool keeps_key(const cell& value, const column_shape& to) const;

  /// Lets the row's column of changes tell of `_unmapped_data` at the next
  /// attempt to write the row.
  void tell_changes();

  /// @returns whether the row has a value for each column of the key.
  bool has_key();
  /// @returns the value of the row's `_unmapped_data`.
  cell unmapped_cell() const;

  table_rules rules_;
  wire_format& wire_;
  table_layout layout_;
  row_paths paths_;
  row_index index_;
  cell_converter converter_;
  const key_columns key_;
  std::vector<slot> slots_;
  /// Values of the row that have no column.
  unmapped_values strays_;
  /// Columns and the SQL types that the row asks for.
  std::vector<std::pair<std::string, std::string>> asked_types_;
  /// The row's `_unmapped_data` at this attempt to write it.
  std::string unmapped_json_;
  /// The value that the row brought for that column, the row, and the value
  /// that it has now.
  std::string_view own_changes_;
  uint64_t own_changes_row_ = 0;
  std::string told_changes_;
  wire_buffer out_;
  uint64_t rows_ = 0;
  uint64_t unmapped_ = 0;
  uint64_t bare_rows_ = 0;
  uint64_t told_version_ = 0;
};

} // namespace motorcade
