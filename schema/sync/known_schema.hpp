#pragma once

#include "schema/sync/schema_diff.hpp"
#include "schema/sync/sync_definition.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// What a sync has seen of its source up to its last run.
struct known_schema {
  /// AirbyteCatalogs, JSON: what the source announced last, and what runs are
  /// made of; the second is empty if it is the same.
  std::string seen;
  std::string followed;
  /// Keys of the streams that were there when the sync was made or its streams
  /// were chosen, and of chosen ones that have been there since; and the chosen
  /// columns that have been there since, as `key` and `column` on two lines.
  std::vector<std::string> baseline;
  /// The source and the choice of streams that this belongs to.
  std::string selection;
};

/// @param selection As `known_schema` has it.
/// @returns whether it belongs to a connector of that package.
bool is_of_package(std::string_view selection, std::string_view package);

/// A column that a source has no more.
struct gone_column {
  /// The stream's key.
  std::string stream;
  std::string column;
};

/// The consequences of what a source announces.
struct schema_step {
  /// To be kept.
  known_schema next;
  /// What has changed since the last time; empty the first time.
  schema_diff diff;
  /// Whether the diff is of what the sync reads.
  bool matters = false;
  /// Keys of chosen streams that the source does not announce, and has not
  /// since they were chosen: misspelled ones, for example.
  std::vector<std::string> unknown;
  /// Whether a sync of all streams finds none that it reads. Chosen streams are
  /// looked at by `make_run_catalog`.
  bool none_left = false;
  /// The keys of the streams that it has read, if none is left.
  std::vector<std::string> gone;
  /// Chosen columns that the source had since they were chosen, and has no
  /// more: they are left out of `sync`, unless all of their stream are gone.
  std::vector<gone_column> gone_columns;
  /// Whether the sync reads on as before a change that nobody has accepted.
  bool unaccepted = false;
  /// What `make_run_catalog` is given: the catalog, and the sync with the
  /// streams that it follows.
  std::string catalog;
  sync_definition sync;
};

/// Applies the policy of a sync to what its source announces now.
/// @param known The outcome of the last call; nothing: this is the first.
/// @param discovered An AirbyteCatalog, JSON.
/// @param is_paused Whether the sync is paused. With the policy `pause` a
/// change is accepted by the first look at which it is not; until then streams
/// and columns stay as they were.
schema_step follow_schema(const std::optional<known_schema>& known,
                          const std::string& discovered,
                          const sync_definition& sync, bool is_paused = false);

} // namespace motorcade
