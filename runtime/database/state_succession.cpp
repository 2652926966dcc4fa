#include "runtime/database/state_succession.hpp"

#include "schema/state/saved_states.hpp"

#include <map>

namespace motorcade {

state_succession succeed(std::span<const state_row> rows) {
  std::map<std::string_view, const state_row*> last;
  state_succession out;
  auto ends_whole = false;
  for (const auto& row : rows) {
    if (kind_of_state(row.stream) != state_kind::stream) {
      out.ends_all_others = true;
      last.clear();
    } else if (row.supersedes) {
      ends_whole = true;
      last.erase(global_state_key);
      last.erase(legacy_state_key);
    }
    last.insert_or_assign(row.stream, &row);
  }
  for (const auto& [key, row] : last)
    out.written.push_back(row);
  if (ends_whole && !out.ends_all_others)
    out.ended = {std::string{global_state_key}, std::string{legacy_state_key}};
  return out;
}

} // namespace motorcade
