#include "schema/state/saved_states.hpp"

namespace motorcade {

state_kind kind_of_state(std::string_view key) {
  if (key == global_state_key)
    return state_kind::global;
  return key == legacy_state_key ? state_kind::legacy : state_kind::stream;
}

void state_coverage::note_saved(std::string_view key) {
  if (kind_of_state(key) != state_kind::stream) {
    whole_ = whole_saved_ = true;
    streams_.clear();
    return;
  }
  split_ = split_ || whole_;
  whole_ = false;
  streams_.emplace(key);
}

} // namespace motorcade
