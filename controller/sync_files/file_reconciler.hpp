#pragma once

#include "controller/sync_files/sync_folder.hpp"
#include "controller/syncs/sync_service.hpp"
#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "runtime/webhook/webhook_reach.hpp"
#include "schema/base/result.hpp"

#include <vector>

namespace motorcade {

/// Brings syncs in line with their files. A sync whose file has not changed
/// since it was applied stays as it is, so that a config that its connector has
/// renewed is kept. One whose file is gone is paused until the file is there
/// again, which alone changes nothing else. A file that is wrong changes
/// nothing. Doing it twice has no effect.
/// @returns what is wrong with files, by their names; database_unavailable if
/// the database does not answer.
result<std::vector<file_fault>>
reconcile_files(sync_tables& rows, const sealing_keys& keys,
                const webhook_reach& reach, const std::vector<sync_file>& files,
                wall_time now);

} // namespace motorcade
