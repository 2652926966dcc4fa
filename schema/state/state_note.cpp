#include "schema/state/state_note.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

void shared_note::renew(std::string state) {
  const std::lock_guard lock{mutex_};
  content_.state = std::move(state);
}

void shared_note::lower() {
  const std::lock_guard lock{mutex_};
  missing_ -= std::min<size_t>(1, missing_);
}

note_turn::note_turn(std::span<const shared_note_ptr> notes) : notes_{notes} {
  // All requests lock their notes in the same order, that of the states.
  for (const auto& note : notes_)
    locks_.emplace_back(note->mutex_);
}

std::vector<state_note> note_turn::due() const {
  std::vector<state_note> out;
  for (const auto& note : notes_) {
    if (note->missing_ > 1)
      continue;
    std::erase_if(out, [&](const state_note& old) {
      return old.key == note->content_.key;
    });
    out.push_back(note->content_);
  }
  return out;
}

void note_turn::committed() {
  for (const auto& note : notes_)
    note->missing_ -= std::min<size_t>(1, note->missing_);
}

} // namespace motorcade
