#pragma once

#include "runtime/database/database.hpp"

#include <span>
#include <string>
#include <vector>

namespace motorcade {

/// The effect of saving some states on the table of states.
struct state_succession {
  /// The rows to write, ordered by key, one for each.
  std::vector<const state_row*> written;
  /// Whether every other row of the sync is deleted; else those in `ended` are.
  bool ends_all_others = false;
  /// The keys whose rows are deleted.
  std::vector<std::string> ended;
};

/// Decides which saved states end: the newest kind counts. A state of one
/// stream ends GLOBAL and LEGACY states, a GLOBAL or LEGACY state ends all
/// others. A state that does not supersede ends no others, but is ended by a
/// GLOBAL or LEGACY one.
/// @param rows Not empty, in the order in which they were saved; of several
/// for one key the last one counts.
state_succession succeed(std::span<const state_row> rows);

} // namespace motorcade
