#pragma once

#include "runtime/sync_records/covered_places.hpp"
#include "runtime/sync_records/left_reads.hpp"
#include "runtime/sync_records/run_history.hpp"
#include "runtime/sync_records/run_notes.hpp"
#include "runtime/sync_records/sync_files.hpp"
#include "runtime/sync_records/sync_inputs.hpp"
#include "runtime/sync_records/sync_messages.hpp"
#include "runtime/sync_records/sync_records.hpp"
#include "runtime/sync_records/sync_schemas.hpp"
#include "runtime/sync_records/table_claims.hpp"

#include <memory>

namespace motorcade {

/// All rows of syncs over one connection. Not thread-safe.
struct sync_tables {
  /// @param session Lives as long as this.
  explicit sync_tables(const std::shared_ptr<sql_session>& session)
      : records{session},
        history{session},
        inputs{session},
        schemas{session},
        messages{session},
        files{session},
        notes{session},
        left{session},
        places{session},
        claims{session} {}

  sync_records records;
  run_history history;
  sync_inputs inputs;
  sync_schemas schemas;
  sync_messages messages;
  sync_files files;
  run_notes notes;
  left_reads left;
  covered_places places;
  table_claims claims;
};

} // namespace motorcade
