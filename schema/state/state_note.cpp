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

note_turn::note_turn(state_notes notes) {
  // Every commit locks them in this order, so that none waits in a circle.
  std::sort(notes.begin(), notes.end(), [](const auto& a, const auto& b) {
    return std::pair{a->order_, a.get()} < std::pair{b->order_, b.get()};
  });
  for (auto& note : notes)
    if (!shares_.empty() && shares_.back().note == note)
      ++shares_.back().requests;
    else
      shares_.push_back({note, 1, std::unique_lock{note->mutex_}});
}

std::vector<state_note> note_turn::due() const {
  std::vector<state_note> out;
  for (const auto& [note, requests, lock] : shares_) {
    if (note->missing_ > requests)
      continue;
    const auto& content = note->content_;
    std::erase_if(out, [&content](const state_note& old) {
      return old.key == content.key;
    });
    out.push_back(content);
  }
  return out;
}

void note_turn::committed() {
  for (const auto& [note, requests, lock] : shares_)
    note->missing_ -= std::min(requests, note->missing_);
}

} // namespace motorcade
