#pragma once

#include "controller/tables/table_service.hpp"
#include "runtime/destination/destination.hpp"
#include "schema/catalog/destination_kind.hpp"
#include "schema/sync/sync_definition.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Where tasks of this syncctl put rows.
struct table_world {
  /// Whether files and SQLite files of tasks lie on this machine.
  bool on_this_machine = false;
  /// Where relative paths of destinations begin.
  std::string rows_folder;
  /// SYNCCTL_BULKER_URL; empty: not set.
  std::string bulker_url;
};

/// Where the rows of a sync go.
struct sync_place {
  destination_kind kind = destination_kind::unsaid;
  /// The destinationConfig with its path placed, JSON; secret. Empty: rows go
  /// to the Bulker URL.
  std::string config;
  /// The folder of files; empty: there is none.
  std::string folder;
  /// Why rows cannot be read back from there; empty: they can.
  std::string unreadable;
};

/// @returns where the rows of a sync go.
sync_place place_of(const sync_definition& sync, const table_world& world);

/// A table as it is read.
struct sync_table {
  shown_table shown;
  /// The request by which a destination makes the table's name.
  upload_request request;
};

/// @param discovered An AirbyteCatalog, JSON: what the source has announced.
/// @returns the tables that a run would fill, named as its task names them;
/// invalid_argument or invalid_catalog if a run would fail for the same reason.
result<std::vector<sync_table>> tables_of(const sync_definition& sync,
                                          std::string_view discovered,
                                          const sync_place& place);

} // namespace motorcade
