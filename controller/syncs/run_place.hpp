#pragma once

#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A table that a sync fills.
struct run_table_name {
  /// A digest of the destination and the table: equal for equal tables.
  std::string id;
  /// Its name for people.
  std::string shown;
};

/// Where a sync brings rows, without secrets.
struct run_place {
  /// A digest of the destination and of what names tables there: another one
  /// says that the rows of earlier runs are elsewhere.
  std::string digest;
  /// For people, e.g. `postgres://db:5432/app, schema public`.
  std::string shown;
  /// The tables of the streams; empty if they are not known, or if the
  /// destination keeps syncs apart by itself.
  std::vector<run_table_name> tables = {};
};

/// Tells where a sync brings rows. Fails, without a secret, if its destination
/// cannot be used, or if its streams cannot be brought to tables there.
/// @param discovered An AirbyteCatalog, JSON; empty: it is not known.
using place_finder = std::function<result<run_place>(
    const sync_definition& sync, std::string_view discovered)>;

} // namespace motorcade
