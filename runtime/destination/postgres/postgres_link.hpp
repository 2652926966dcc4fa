#pragma once

#include "runtime/destination/postgres/postgres_config.hpp"
#include "runtime/destination/warehouse/interruption.hpp"
#include "runtime/destination/warehouse/link_limits.hpp"
#include "schema/base/result.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A connection to Postgres for one thread, which waits but can be interrupted.
/// Every failure is one of the destination: `destination_unavailable` if the
/// same may pass later, `destination_rejected` if not, `invalid_argument` if
/// login, database or certificate are wrong, or `cancelled` if the wait was
/// interrupted. After a failure that broke the connection, and after
/// any interruption, `open` is false.
class postgres_link {
public:
  /// A row's columns as text; nothing for NULL.
  using row = std::vector<std::optional<std::string>>;

  /// @param config Must outlive the link.
  /// @param application The name of the connection at the server.
  static result<std::unique_ptr<postgres_link>>
  connect(const postgres_config& config, const std::string& application,
          link_limits limits, const interruption& stop);

  virtual ~postgres_link() = default;

  /// @returns whether the connection stands, as far as is known.
  virtual bool open() const = 0;

  /// Sets the interruption that ends waits from now on; it must outlive its
  /// use.
  virtual void use(const interruption& stop) = 0;

  /// Runs one statement, with parameters, or several without.
  virtual result<std::vector<row>>
  run(const std::string& sql, const std::vector<std::string>& values = {}) = 0;

  /// @returns the SQLSTATE of the last failure; empty: it has none.
  virtual std::string_view sqlstate() const = 0;

  /// @returns the number of rows that the last statement touched.
  virtual uint64_t affected() const = 0;

  /// Begins `COPY … FROM STDIN`.
  virtual result<void> begin_copy(const std::string& sql) = 0;

  /// Sends bytes of a copy that has begun (`begin_copy`). Blocks while the
  /// server takes none, for `link_limits::stall` at most.
  virtual result<void> copy(std::string_view bytes) = 0;

  /// Ends the copy; its rows are in the table.
  virtual result<void> end_copy() = 0;

protected:
  postgres_link() = default;
};

} // namespace motorcade
