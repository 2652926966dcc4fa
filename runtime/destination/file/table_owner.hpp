#pragma once

#include "runtime/files/table_place.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// A table belongs to the sync that made it: its id stands in a hidden file
/// beside the rows. A table without one, from an earlier version, belongs to
/// the first sync that writes to it; an owner without a table is none.

/// @returns destination_rejected, naming both syncs and the ways out, where
/// the table belongs to another sync than `sync_id`.
result<void> check_owner(const table_place& table, const std::string& sync_id);

/// Checks the owner, and notes it where there is none; it is on the disk once
/// the folder is synced. The caller holds the folder's lock.
result<void> claim_table(const table_place& table, const std::string& sync_id);

} // namespace motorcade
