#include "schema/state/advanced_state.hpp"

#include "schema/lines/message.hpp"
#include "schema/state/saved_states.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

namespace motorcade {

namespace {

bool is_whole(std::string_view key) {
  return kind_of_state(key) != state_kind::stream;
}

/// Follows the notes of one key from a state to the last one that is known.
/// Several notes of a key come from streams of several schemas.
class chain_walk {
public:
  chain_walk(std::span<const state_note> notes, const std::string& key,
             const state_fingerprints& prints) {
    for (const auto& note : notes)
      if (note.key == key)
        links_.push_back({&note, prints.of(key, note.state)});
  }

  /// @returns the last note behind that state; null: there is none.
  const state_note* last_behind(std::string print) const {
    const state_note* last = nullptr;
    for (size_t step = 0; step < links_.size(); ++step) {
      const auto next =
          std::find_if(links_.begin(), links_.end(), [&](const link& one) {
            const auto& before = one.note->links;
            return one.print != print
                   && std::find(before.begin(), before.end(), print)
                          != before.end();
          });
      if (next == links_.end())
        break;
      last = next->note;
      print = next->print;
    }
    return last;
  }

private:
  struct link {
    const state_note* note;
    std::string print;
  };

  std::vector<link> links_;
};

} // namespace

std::optional<std::string> start_of(std::span<const saved_state> given,
                                    const std::string& key,
                                    const state_fingerprints& prints) {
  auto whole_given = false;
  for (const auto& state : given) {
    if (state.key == key)
      return prints.of(key, state.json);
    whole_given = whole_given || is_whole(state.key);
  }
  // A stream without a state beside others that have one begins anew, too.
  if (given.empty() || (!is_whole(key) && !whole_given))
    return prints.of_none(key);
  return std::nullopt;
}

std::optional<advanced_state> advance_state(std::string_view given,
                                            const catalog& streams,
                                            const state_fingerprints& prints,
                                            std::span<const state_note> notes) {
  auto states = split_state(given);
  std::set<std::string> keys;
  for (const auto& note : notes)
    keys.insert(note.key);
  advanced_state out;
  for (const auto& key : keys) {
    const auto print = start_of(states, key, prints);
    if (!print)
      continue;
    if (const auto* last = chain_walk{notes, key, prints}.last_behind(*print))
      out.newer.push_back({key, last->state});
  }
  const auto wholes =
      std::count_if(out.newer.begin(), out.newer.end(),
                    [](const saved_state& one) { return is_whole(one.key); });
  // If a connector began with one kind of state and went on with another, it is
  // not known which one came last.
  if (out.newer.empty()
      || (wholes > 0 && std::cmp_not_equal(out.newer.size(), 1)))
    return std::nullopt;
  for (const auto& newer : out.newer) {
    std::erase_if(states,
                  [&](const auto& old) { return old.key == newer.key; });
    states.push_back(newer);
  }
  out.json = make_state_file(states, streams);
  return out;
}

} // namespace motorcade
