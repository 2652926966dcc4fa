#pragma once

#include "runtime/database/database.hpp"
#include "schema/state/connector_state.hpp"

#include <utility>
#include <vector>

namespace motorcade {

/// @returns the states that a sync has saved, of any size; fails as
/// `database::states`.
inline result<std::vector<saved_state>>
saved_states_of(database& from, const std::string& sync_id) {
  auto rows = from.states(sync_id);
  if (!rows)
    return rows.error();
  std::vector<saved_state> out;
  for (auto& row : *rows)
    out.push_back({std::move(row.stream), std::move(row.state)});
  return out;
}

} // namespace motorcade
