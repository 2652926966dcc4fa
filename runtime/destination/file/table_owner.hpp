#pragma once

#include "runtime/files/table_place.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Checks that a table does not belong to another sync. A table belongs to the
/// sync that made it, whose id stands in a hidden file beside the rows. A table
/// without such a file, from an earlier version, belongs to the first sync that
/// writes to it; such a file without a table does not count.

/// @returns destination_rejected, naming both syncs and the ways out, if the
/// table belongs to another sync than `sync_id`.
result<void> check_owner(const table_place& table, const std::string& sync_id);

/// Checks the owner, and notes `sync_id` if there is none; the note is on the
/// disk once the folder is synced. The caller holds the folder's lock.
result<void> claim_table(const table_place& table, const std::string& sync_id);

} // namespace motorcade
