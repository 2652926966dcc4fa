#pragma once

#include "runtime/table_rows/table_page.hpp"
#include "schema/base/result.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// A table that a stream of a sync fills.
struct shown_table {
  /// Unique among the tables of the sync.
  std::string name;
  /// The stream's key.
  std::string stream;
  /// Where it is, for a person, without logins.
  std::string location;
  /// Why its rows cannot be read back; empty: they can.
  std::string unreadable;
};

/// The tables of a sync.
struct shown_tables {
  std::vector<shown_table> tables;
  /// Why they are not known; empty: they are.
  std::string unknown;
};

/// The operations of the HTTP API on tables. Thread-safe; calls block for some
/// seconds at most. Failures as of `controller_service`, and
/// destination_rejected (409) if rows of a destination cannot be read back.
class table_service {
public:
  virtual ~table_service() = default;

  /// @returns the tables that the next run of a sync would fill; not_found if
  /// there is no such sync.
  virtual result<shown_tables> tables(const std::string& sync_id) = 0;

  /// @param name As `tables` names it.
  /// @returns rows of a table, none if it was not filled yet; not_found if the
  /// sync has no such table, destination_rejected if rows of such a destination
  /// are never read, service_unavailable if it cannot be read now.
  virtual result<table_page> rows(const std::string& sync_id,
                                  const std::string& name,
                                  const table_look& look) = 0;
};

} // namespace motorcade
