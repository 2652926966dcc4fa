#pragma once

#include "schema/state/saved_states.hpp"

#include <map>
#include <string>

namespace motorcade::test {

/// The table of states, as both databases keep it.
using state_table = std::map<std::string, std::string>;

inline void save(state_table& into, const std::string& key,
                 const std::string& state, bool supersedes) {
  if (kind_of_state(key) != state_kind::stream) {
    into.clear();
  } else if (supersedes) {
    into.erase(std::string{global_state_key});
    into.erase(std::string{legacy_state_key});
  }
  into[key] = state;
}

} // namespace motorcade::test
