#pragma once

#include "runtime/database/database.hpp"

#include <span>
#include <string>
#include <vector>

namespace motorcade {

/// What saving some states does to the table of states.
struct state_succession {
  /// The rows to write, ordered by key, one for each.
  std::vector<const state_row*> written;
  /// Whether every other row of the sync is to go; else those in `ended`.
  bool ends_all_others = false;
  /// The keys whose rows are to go.
  std::vector<std::string> ended;
};

/// Decides which saved states end: the newest kind counts. A state of one
/// stream ends GLOBAL and LEGACY states, a GLOBAL or LEGACY state ends all
/// others. One that does not supersede ends nothing, and ends with the others.
/// @param rows Not empty, in the order in which they were saved; of several
/// for one key the last one counts.
state_succession succeed(std::span<const state_row> rows);

} // namespace motorcade
