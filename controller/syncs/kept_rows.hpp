#pragma once

#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/sync_records/sync_records.hpp"
#include "runtime/task/task_request.hpp"
#include "schema/base/result.hpp"

#include <optional>
#include <string>
#include <vector>

// Reads of the database with which the calls of the API on a sync begin.
namespace motorcade {

/// @returns the failure of a change that was not made, because another client
/// has changed the sync meanwhile.
failure changed_meanwhile(const std::string& id);

/// @returns the row; not_found if there is none.
result<stored_sync> expect_sync(sync_records& records, const std::string& id);

/// @returns the active run; nothing if there is none.
result<std::optional<sync_run>> active_run(sync_records& records,
                                           const std::string& id);

/// @returns the active run of a sync, nothing if it has none; not_found if
/// there is no such sync.
result<std::optional<sync_run>> expect_active_run(sync_records& records,
                                                  const std::string& id);

/// @returns the spec and the discover that a run which does not read yet may
/// wait for, and no other run does.
result<std::vector<task_key>> inquiries_of(sync_records& records,
                                           const sealing_keys& keys,
                                           const stored_sync& row,
                                           const sync_run& run);

} // namespace motorcade
