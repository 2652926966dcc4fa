#pragma once

#include "runtime/database/sqlite/sqlite_handle.hpp"
#include "runtime/destination/destination.hpp"
#include "schema/state/state_note.hpp"

#include <span>
#include <string>
#include <vector>

namespace motorcade {

// Notes that a transaction writes beside its rows: `_motorcade_commits` has
// each committed request that appended rows, `_motorcade_states` the states
// that are true with the rows. All functions throw sqlite_error.

/// Notes a request, and forgets those of its sync that are older than a month:
/// no attempt is repeated after that.
/// @returns whether it was not committed before.
bool note_request(sqlite_handle& handle, const upload_request& request);

/// Notes states of the request's sync.
void note_states(sqlite_handle& handle, const upload_request& request,
                 std::span<const state_note> states);

/// @returns the states that are noted for a sync.
std::vector<state_note> find_noted_states(sqlite_handle& handle,
                                          const std::string& sync);

/// Forgets the states that are noted for a sync, and all notes of any sync that
/// are older than a month.
void forget_noted_states(sqlite_handle& handle, const std::string& sync);

} // namespace motorcade
