#pragma once

#include "runtime/database/database.hpp"
#include "runtime/database/database_patience.hpp"
#include "schema/task/tables.hpp"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A table as it exists in the database.
struct sql_table {
  /// Quoted. In Postgres also qualified, so that a pooler that hands every
  /// transaction to another backend still finds the right one.
  std::string name;
  /// The type of each column, by the column's name.
  std::map<std::string, std::string, std::less<>> types;

  /// @returns whether the table has a column of this name.
  bool has(std::string_view column) const { return types.contains(column); }
};

/// A statement and its parameters, counted from 1.
struct sql_statement {
  std::string text;
  std::vector<std::string> parameters;
};

/// The columns of a row as text; empty: NULL.
using sql_row = std::vector<std::string>;

/// A connection that is made again after it broke, shared by `database` and
/// other classes. Fails as `database`'s calls do. Not thread-safe.
class sql_session {
public:
  virtual ~sql_session() = default;

  /// Makes a statement for the table as it exists.
  using statement_maker = std::function<sql_statement(const sql_table&)>;

  /// Runs one statement, which is a transaction of its own. Connects before if
  /// there is no connection, and then creates missing tables.
  /// @param table One of `tables()`; failures name it.
  /// @param make Called once there is a connection.
  virtual result<std::vector<sql_row>> run(std::string_view table,
                                           const statement_maker& make) = 0;

  /// As `run`, but never at the same time as another `run_alone` for the same
  /// subject, of any process: each sees the writes of those before it.
  virtual result<std::vector<sql_row>>
  run_alone(std::string_view subject, std::string_view table,
            const statement_maker& make) = 0;

  /// Makes the statements for the table as it exists. May be called again if
  /// the connection proves broken.
  using statements_maker =
      std::function<std::vector<sql_statement>(const sql_table&)>;

  /// Runs several statements in one transaction, as `run_alone` for each of the
  /// subjects: all of them take effect, or none. Each sees the writes of those
  /// before it. A connection that broke while it was not used costs no failure:
  /// nothing was sent over it yet, so a new one is tried.
  /// @returns the rows of each statement, in their order.
  virtual result<std::vector<std::vector<sql_row>>>
  run_together(std::span<const std::string> subjects, std::string_view table,
               const statements_maker& make) = 0;

  /// @returns the SQL that the database speaks.
  virtual sql_dialect dialect() const noexcept = 0;

  /// @returns the place of the database, for a person, without user and
  /// password.
  virtual std::string locate() const = 0;
};

/// A session and a database over its connection; one thread owns both.
struct sql_place {
  std::shared_ptr<sql_session> session;
  database_ptr tables;
};

/// Makes the session and the database for a URL as `make_database` does,
/// without connecting.
result<sql_place> make_sql_place(const std::string& url,
                                 const database_patience& patience = {});

} // namespace motorcade
