#pragma once

#include "runtime/destination/mysql/mysql_config.hpp"
#include "runtime/destination/warehouse/interruption.hpp"
#include "runtime/destination/warehouse/link_limits.hpp"
#include "schema/base/result.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Facts about a server, which depend on its kind and settings.
struct mysql_server {
  bool is_mariadb = false;
  /// `lower_case_table_names`: tables whose names differ in case are one.
  bool folds_table_names = false;
  /// A collation of utf8mb4 that tells texts apart byte for byte, trailing
  /// blanks included.
  std::string collation;
};

/// A connection to MySQL or MariaDB for one thread, which waits but can be
/// interrupted. Every failure is one of the destination:
/// `destination_unavailable` if the same may pass later, `destination_rejected`
/// if not, `invalid_argument` if login, database or certificate are wrong, or
/// `cancelled` if the wait was interrupted. After a failure that
/// broke the connection, and after any interruption, `open` is false.
///
/// Its session is strict, in UTC and in utf8mb4, with names in double quotes
/// and backslashes that are no escapes. It gives the server no file: what LOAD
/// DATA LOCAL asks for is what `load` was given, or nothing.
class mysql_link {
public:
  /// A row's columns as text; nothing for NULL.
  using row = std::vector<std::optional<std::string>>;

  /// @param config Must outlive the link.
  /// @param application The name of the connection at the server.
  static result<std::unique_ptr<mysql_link>>
  connect(const mysql_config& config, const std::string& application,
          link_limits limits, const interruption& stop);

  virtual ~mysql_link() = default;

  /// @returns whether the connection stands, as far as is known.
  virtual bool open() const = 0;

  /// Sets the interruption that ends waits from now on; it must outlive its
  /// use.
  virtual void use(const interruption& stop) = 0;

  /// @returns what the server has said of itself when the link was made.
  virtual const mysql_server& server() const = 0;

  /// Runs one statement.
  virtual result<std::vector<row>> run(const std::string& sql) = 0;

  /// Runs a `LOAD DATA LOCAL INFILE` that reads these bytes as its file. Fails
  /// with destination_rejected if the server changed a value of a row: for that
  /// the server gives LOAD DATA LOCAL a warning, and other statements an error.
  virtual result<void> load(const std::string& sql, std::string_view rows) = 0;

  /// @returns the number of the last error of the server; 0: it had none.
  virtual unsigned error() const = 0;

  /// @returns the number of rows that the last statement touched.
  virtual uint64_t affected() const = 0;

protected:
  mysql_link() = default;
};

} // namespace motorcade
