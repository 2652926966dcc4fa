#pragma once

#include "runtime/database/sql_session.hpp"
#include "runtime/database/sql_text.hpp"

#include <chrono>
#include <cstdint>
#include <span>

namespace motorcade {

/// The pieces of one statement for one table, in either dialect. Texts from
/// outside become parameters, repaired if a database does not take them.
/// Columns of times are compared as times, in UTC.
class sql_builder {
public:
  /// @param table Outlives the builder.
  sql_builder(const sql_table& table, sql_dialect dialect)
      : table_{table}, dialect_{dialect} {}

  /// @returns the table's name.
  const std::string& table() const { return table_.name; }

  /// @returns whether the table has a column of this name.
  bool has(std::string_view column) const { return table_.has(column); }

  /// @returns the SQL of a column's new value. Precondition: the table has the
  /// column.
  std::string value(const column_value& wanted);

  /// @returns the SQL of the current time, for a column.
  std::string now(std::string_view column);

  /// @returns `column = value`.
  std::string equals(const column_value& wanted);

  /// @returns the condition that the column holds one of the texts.
  std::string any(std::string_view column, std::span<const std::string> texts);

  /// @returns the condition that a text holds another one, without regard to
  /// the case of A to Z.
  /// @param text SQL of a text; NULL holds nothing.
  std::string holds(const std::string& text, std::string_view part);

  /// @returns a column to compare with `text`, in byte order whatever the
  /// column's type and collation are.
  std::string as_text(std::string_view column) const;

  /// @returns whether the table's column is of texts, so that `equals` finds a
  /// text by its index.
  bool is_text(std::string_view column) const;

  /// @returns as `as_text`, in a form for which no index of the column is used:
  /// for a condition that most rows fulfil.
  std::string unindexed(std::string_view column) const;

  /// @returns the SQL of a text, e.g. a parameter, to compare with `as_text`.
  std::string text(std::string_view content);

  /// @returns a column to compare with `time` and `ago`.
  std::string as_time(std::string_view column) const;

  /// @returns the SQL of a time.
  std::string time(wall_time moment);

  /// @returns the SQL of the time that lies `age` back, by the database's
  /// clock.
  std::string ago(std::chrono::seconds age);

  /// @returns the SQL of a number.
  std::string number(uint64_t content);

  /// @returns the SQL that reads a column; NULL if the table does not have it.
  std::string read(std::string_view column) const;

  /// @returns the SQL of the number of bytes of a column's text; 0 if the table
  /// does not have it.
  std::string bytes(std::string_view column) const;

  /// @returns the SQL that reads a column of texts. Of a text of more than
  /// `most` bytes it reads the beginning, and a remark that the rest is cut;
  /// NULL if the table does not have the column.
  std::string read_cut(std::string_view column, size_t most);

  /// @returns the SQL of the least number of bytes that `read_cut` reads.
  std::string cut_bytes(std::string_view column, size_t most);

  /// @returns the SQL that reads a column of times in the spelling of
  /// `to_iso8601_micros`; NULL if the table does not have it.
  std::string read_time(std::string_view column) const;

  /// @returns the statement.
  sql_statement finish(std::string text) &&;

private:
  /// @returns whether the statement is for Postgres, else it is for SQLite.
  bool postgres() const { return dialect_ == sql_dialect::postgres; }

  /// @returns the type of a column of the table, as the database calls it.
  const std::string& type(std::string_view column) const;

  /// Adds a parameter of the statement.
  /// @param type Postgres' type of the parameter; empty: as the place wants it.
  /// @returns the SQL that stands for it.
  std::string parameter(std::string content, std::string_view type);

  const sql_table& table_;
  sql_dialect dialect_;
  std::vector<std::string> parameters_;
};

/// The columns of a write with their values. Columns that the table does not
/// have are left out.
class column_list {
public:
  /// @param builder Makes the values; outlives this.
  explicit column_list(sql_builder& builder) : builder_{builder} {}

  /// Adds a column with a value of ours.
  void add(const column_value& wanted);

  /// Adds a column with the time of the database's clock.
  void add_now(std::string_view column);

  /// @returns `a, b`.
  const std::string& names() const { return names_; }

  /// @returns `1, 2`.
  const std::string& values() const { return values_; }

  /// @returns `a = 1, b = 2`.
  const std::string& assignments() const { return assignments_; }

private:
  /// Adds a column with the SQL of its value to all three lists.
  void append(std::string_view column, const std::string& value);

  sql_builder& builder_;
  std::string names_;
  std::string values_;
  std::string assignments_;
};

} // namespace motorcade
