#include "schema/state/saved_states.hpp"

#include <utility>

namespace motorcade {

state_kind kind_of_state(std::string_view key) {
  if (key == global_state_key)
    return state_kind::global;
  return key == legacy_state_key ? state_kind::legacy : state_kind::stream;
}

size_t state_coverage::note_saved(std::string_view key) {
  if (kind_of_state(key) != state_kind::stream) {
    whole_ = whole_saved_ = true;
    return std::exchange(streams_, {}).size();
  }
  split_ = split_ || whole_;
  whole_ = false;
  streams_.emplace(key);
  return 0;
}

} // namespace motorcade
