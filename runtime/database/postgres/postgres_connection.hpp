#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/database/database_url.hpp"
#include "runtime/database/postgres/postgres_errors.hpp"
#include "runtime/database/postgres/pqxx_port.hpp"
#include "runtime/database/sql_session.hpp"
#include "schema/task/tables.hpp"

#include <exception>
#include <functional>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// An error that will come again at each attempt; its text is safe to show.
class postgres_refusal : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// A connection to the tables of a search path. Members throw what libpqxx
/// throws; `explain` makes failures of it.
class postgres_connection {
public:
  /// Connects. Throws `connect_error` if that fails.
  explicit postgres_connection(const postgres_url& url);

  /// Sets the search path, creates missing tables but those on demand, and
  /// reads the columns of the tables that the class `database` writes in a
  /// read. Throws `postgres_refusal` if an essential column is missing.
  void prepare(const std::vector<std::string>& schemas);

  /// Precondition: prepared. Throws like `prepare`.
  /// @returns the table of that name. At its first use its columns are read,
  /// and one on demand is created if it is missing.
  const sql_table& table_of(std::string_view name);

  /// Runs one statement in its own transaction, one round trip.
  pqxx::result run(const std::string& statement,
                   const std::vector<std::string>& parameters);

  /// Appends rows to a table by COPY, in its own transaction.
  /// @param columns Names of columns of the table.
  /// @param next Sets the texts of the next row, one for each column: UTF-8
  /// without NUL bytes, valid until its next call; false: there is none.
  void copy(const sql_table& into, const std::vector<std::string>& columns,
            const std::function<bool(std::vector<std::string_view>&)>& next);

  /// Runs statements in one transaction, never at the same time as another
  /// `run_together` for one of the same subjects, of any process: they see the
  /// writes of those before them. Three round trips, and one for each
  /// statement.
  /// @param sent Set once the first statement is about to be sent: before that,
  /// a failure has changed nothing.
  /// @returns what each statement has returned.
  std::vector<pqxx::result>
  run_together(std::span<const std::string> subjects,
               std::span<const sql_statement> statements, bool& sent);

  /// @returns whether the connection is still open, as far as is known.
  bool open() const noexcept { return connection_.is_open(); }

  /// Looks at the socket, without waiting: a connection that is not used does
  /// not notice by itself that the server was restarted.
  /// @returns whether the other side has closed it.
  bool closed_by_server() const noexcept;

  /// @returns a descriptor of its socket that lives as long as this object,
  /// even if libpq closes its own.
  int socket() const noexcept { return socket_.get(); }

private:
  /// Sets the encoding, the search path and, unless the role or the URL has set
  /// them, the time limits of statements and locks.
  void set_up();

  using found_tables = std::map<std::string, sql_table, std::less<>>;

  /// @returns those of the tables that the search path leads to, in one round
  /// trip.
  found_tables look_for(std::span<const table* const> wanted);

  /// Creates those of the tables that the search path does not lead to. Tries
  /// up to three times if another program creates them at the same moment.
  /// @returns all of them.
  found_tables make_tables(std::span<const table* const> wanted);

  /// Creates those that are missing, and the first schema if it is missing, in
  /// one transaction that no other process of ours runs at the same time.
  void create(std::span<const table* const> wanted);

  /// Takes a table over from those that were found. Throws `postgres_refusal`
  /// if an essential column is missing.
  void keep(const table& wanted, found_tables& found);

  pqxx::connection connection_;
  no_notices<pqxx::connection> quiet_;
  file_handle socket_;
  std::chrono::seconds call_limit_;
  /// The search path; empty: that of the role.
  std::vector<std::string> schemas_;
  found_tables tables_;
};

/// The failure of connecting.
class connect_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// @returns whether the same statement may pass later.
bool may_pass(const pqxx::sql_error& refusal);

/// @returns the failure of a call that the server did not answer in time.
failure no_answer(const postgres_url& url);

/// Makes a failure of the exception in flight.
/// @param open Whether the connection is still open.
/// @param subject The refused object, e.g. `source_task`; may be empty.
/// Precondition: called in a catch block.
failure explain(const postgres_url& url, bool open, std::string_view subject);

} // namespace motorcade
