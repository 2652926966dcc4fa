#pragma once

#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"
#include "schema/sync/known_schema.hpp"
#include "schema/sync/sync_definition.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// What a run reads, as decided from what the source announces.
struct watched_schema {
  /// Why the sync is paused and not read; empty: it is read.
  std::string pause;
  /// As of `schema_step`.
  std::vector<std::string> unknown;
  bool none_left = false;
  std::vector<std::string> gone;
  std::vector<gone_column> gone_columns;
  bool unaccepted = false;
  /// What `make_run_catalog` takes.
  std::string catalog;
  sync_definition sync;
};

/// Compares what a source announces with what the sync knows, stores the
/// difference and what is known now, and reports it. Calling it twice has no
/// effect.
/// @param discovered An AirbyteCatalog, JSON.
/// @param is_paused As of `follow_schema`.
result<watched_schema> watch_schema(sync_tables& rows, const std::string& id,
                                    const sync_definition& sync,
                                    const std::string& discovered,
                                    bool is_paused, wall_time now);

/// Accepts the change for which a sync is paused, as a person does who resumes
/// it: from now on runs read what the source has.
result<void> accept_schema(sync_tables& rows, const std::string& id);

/// Pauses the syncs whose policy wants it and that are not paused yet: a
/// process that ended before may have left them.
result<void> pause_for_changes(sync_tables& rows, wall_time now);

/// Pauses the sync for a change and reports it.
result<void> pause_for_change(sync_tables& rows, const change_row& change,
                              const sync_definition& open, wall_time now);

} // namespace motorcade
