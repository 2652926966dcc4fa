#pragma once

#include "schema/base/result.hpp"

#include <sys/types.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace motorcade {

/// A refusal of SQLite or the file system. Its text says why, without anything
/// of the rows.
class sqlite_error : public std::exception {
public:
  /// A refusal in words of ours.
  sqlite_error(ec code, std::string what)
      : code_{code}, what_{std::move(what)} {}

  /// The refusal of a call on `handle` that returned `status`.
  sqlite_error(sqlite3* handle, int status);

  /// @returns what kind of failure it is.
  ec code() const noexcept { return code_; }

  const char* what() const noexcept override { return what_.c_str(); }

private:
  ec code_;
  std::string what_;
};

/// Classifies an SQLite result code: `database_unavailable` if the same
/// statement may pass later, else `database_rejected`.
/// https://www.sqlite.org/rescode.html
ec classify_sqlite(int status);

/// A prepared statement. Members throw sqlite_error.
class sqlite_statement {
public:
  /// Prepares one statement.
  sqlite_statement(sqlite3* handle, std::string_view text);

  /// Binds the parameter, counted from 1, to text that outlives the step, or
  /// to NULL.
  void bind(int parameter, std::optional<std::string_view> text);

  /// Binds the parameter, counted from 1, to a number.
  void bind_integer(int parameter, int64_t value);

  /// Binds the parameter, counted from 1, to a floating-point number.
  void bind_real(int parameter, double value);

  /// Binds the parameter to bytes that outlive the step.
  void bind_blob(int parameter, std::string_view bytes);

  /// @returns whether there is a row.
  bool step();

  /// Makes the statement ready to run again; bindings stay.
  void reset();

  /// @returns how many columns a row has.
  int columns() const;

  /// @returns whether a column of the row, counted from 0, is NULL.
  bool is_null(int index) const;

  /// @returns a column of the row, counted from 0; empty if it is NULL.
  std::string column(int index) const;

private:
  struct finalizer {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };

  /// Throws sqlite_error unless the call succeeded.
  void check(int status) const;

  sqlite3* handle_;
  std::unique_ptr<sqlite3_stmt, finalizer> statement_;
};

/// An open SQLite file. Members throw sqlite_error.
class sqlite_handle {
public:
  /// Opens the file in WAL mode, with every commit synced to the disk.
  /// @param mode The mode of the file if it has to be created; by default only
  /// its owner may use it.
  explicit sqlite_handle(const std::string& path, mode_t mode = 0600);

  /// @returns the connection, which stays this object's.
  sqlite3* get() const noexcept { return handle_.get(); }

  /// Runs statements without parameters and rows.
  void run(const std::string& text);

private:
  struct closer {
    void operator()(sqlite3* handle) const noexcept;
  };

  std::unique_ptr<sqlite3, closer> handle_;
};

/// A write transaction, which is rolled back unless it is committed.
class sqlite_transaction {
public:
  /// Begins. Throws sqlite_error.
  /// @param handle Outlives this.
  explicit sqlite_transaction(sqlite_handle& handle);

  /// Rolls back what was not committed.
  ~sqlite_transaction();
  sqlite_transaction(const sqlite_transaction&) = delete;
  sqlite_transaction& operator=(const sqlite_transaction&) = delete;

  /// Makes the writes durable. Throws sqlite_error.
  void commit();

private:
  sqlite_handle& handle_;
  bool open_ = true;
};

} // namespace motorcade
