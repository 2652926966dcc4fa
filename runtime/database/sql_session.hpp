#pragma once

#include "runtime/database/database.hpp"
#include "runtime/database/database_patience.hpp"
#include "schema/task/tables.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A table as it was found.
struct sql_table {
  /// Quoted. In Postgres also qualified, so that a pooler that hands every
  /// transaction to another backend still finds the right one.
  std::string name;
  /// The type of each column, by the column's name.
  std::map<std::string, std::string, std::less<>> types;

  bool has(std::string_view column) const { return types.contains(column); }
};

/// A statement and its parameters, counted from 1.
struct sql_statement {
  std::string text;
  std::vector<std::string> parameters;
};

/// The columns of a row as text; empty: NULL.
using sql_row = std::vector<std::string>;

/// A connection that comes back: what `database` and others share. Fails as
/// `database`'s calls do. Not thread-safe.
class sql_session {
public:
  virtual ~sql_session() = default;

  /// Writes a statement for the table as it was found.
  using statement_maker = std::function<sql_statement(const sql_table&)>;

  /// Connects where there is no connection, which creates the tables that are
  /// missing, and runs one statement, which is a transaction of its own.
  /// @param table One of `tables()`; failures name it.
  /// @param make Called once there is a connection.
  virtual result<std::vector<sql_row>> run(std::string_view table,
                                           const statement_maker& make) = 0;

  /// As `run`, but one after another with all that anybody runs so for the same
  /// subject: each sees what those before it wrote.
  virtual result<std::vector<sql_row>>
  run_alone(std::string_view subject, std::string_view table,
            const statement_maker& make) = 0;

  virtual sql_dialect dialect() const noexcept = 0;

  /// @returns where it is, for a person, without user and password.
  virtual std::string locate() const = 0;
};

/// A session and a database over its connection; one thread owns both.
struct sql_place {
  std::shared_ptr<sql_session> session;
  database_ptr tables;
};

/// Opens what `make_database` would, without connecting.
result<sql_place> make_sql_place(const std::string& url,
                                 const database_patience& patience = {});

} // namespace motorcade
