#include "runtime/database/state_succession.hpp"

#include "schema/state/saved_states.hpp"

#include <map>
#include <optional>

namespace motorcade {

state_succession succeed(std::span<const state_row> rows) {
  std::map<std::string_view, const state_row*> last;
  std::optional<state_kind> kind;
  state_succession out;
  for (const auto& row : rows) {
    if (row.supersedes) {
      auto next = kind_of_state(row.stream);
      // What was saved before within these rows ends as well.
      if (kind && *kind != next) {
        last.clear();
        out.ends_all_others = true;
      }
      kind = next;
      if (next != state_kind::stream)
        out.ends_all_others = true;
    }
    last.insert_or_assign(row.stream, &row);
  }
  for (const auto& [key, row] : last)
    out.written.push_back(row);
  if (kind && !out.ends_all_others)
    out.ended = {std::string{global_state_key}, std::string{legacy_state_key}};
  return out;
}

} // namespace motorcade
