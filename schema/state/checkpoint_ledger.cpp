#include "schema/state/checkpoint_ledger.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace motorcade {

namespace {

/// The largest state that is noted: it is part of each commit, and MySQL takes
/// statements of 16 MiB unless it is set otherwise.
constexpr size_t most_noted_bytes = 4u << 20;

void put_newest(std::vector<saveable_state>& states, saveable_state state) {
  std::erase_if(states, [&](const auto& old) { return old.key == state.key; });
  states.push_back(std::move(state));
}

} // namespace

checkpoint_ledger::checkpoint_ledger(size_t streams) : streams_(streams) {}

void checkpoint_ledger::add_rows(size_t stream, uint64_t rows) {
  streams_[stream].open_rows += rows;
}

void checkpoint_ledger::forget_rows(size_t stream) {
  auto& requests = streams_[stream];
  requests.open_rows = 0;
  for (auto& state : waiting_)
    std::erase(state.needs, need{stream, requests.open_request});
  drop_outdated();
  release_in_order();
}

uint64_t checkpoint_ledger::close(size_t stream) {
  auto& requests = streams_[stream];
  requests.open_rows = 0;
  return requests.open_request++;
}

void checkpoint_ledger::commit(size_t stream, uint64_t number) {
  auto& requests = streams_[stream];
  if (requests.failed || number <= requests.committed)
    return;
  requests.committed = number;
  for (auto& state : waiting_)
    drop_met_needs(state);
  drop_outdated();
  release_in_order();
}

void checkpoint_ledger::drop_outdated() {
  // Backwards, so that states of all streams are neighbours once those between
  // them are dropped.
  for (size_t i = waiting_.size(); i-- > 0;)
    if (!is_noted_under_way(waiting_[i]) && is_outdated(i))
      waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
}

bool checkpoint_ledger::is_outdated(size_t index) const {
  const auto& old = waiting_[index];
  // A state of all streams holds back later states, so it stays unless the
  // next one is such a state, too, and needs the same requests.
  if (is_whole(old)
      && (index + 1 == waiting_.size() || !is_whole(waiting_[index + 1])
          || waiting_[index + 1].needs != old.needs))
    return false;
  for (auto i = index + 1; i < waiting_.size(); ++i) {
    const auto& newer = waiting_[i];
    if (newer.content.key != old.content.key || newer.needs != old.needs)
      continue;
    if (is_whole(old))
      return true;
    const auto* held_by = needs_of_whole_before(index);
    const auto* holds_newer = needs_of_whole_before(i);
    if (held_by == nullptr || holds_newer == nullptr ? held_by == holds_newer
                                                     : *held_by == *holds_newer)
      return true;
  }
  return false;
}

const std::vector<checkpoint_ledger::need>*
checkpoint_ledger::needs_of_whole_before(size_t index) const {
  while (index-- > 0)
    if (is_whole(waiting_[index]))
      return &waiting_[index].needs;
  return nullptr;
}

bool checkpoint_ledger::is_noted_under_way(const waiting_state& state) const {
  return state.note
         && std::any_of(state.noted.begin(), state.noted.end(),
                        [&](const need& n) { return !met(n); });
}

bool checkpoint_ledger::needed_by_note(const waiting_state& state,
                                       const need& n) const {
  return kind_of_state(state.content.key) == state_kind::stream
         || !streams_[n.stream].begins_anew;
}

void checkpoint_ledger::drop_met_needs(waiting_state& state) const {
  const auto knows_note = [&](const need& n) {
    return std::find(state.noted.begin(), state.noted.end(), n)
           != state.noted.end();
  };
  std::erase_if(state.needs, [&](const need& n) {
    if (!met(n))
      return false;
    // A request that was closed before the state came does not hold the note.
    if (state.note && needed_by_note(state, n) && !knows_note(n))
      state.note->lower();
    if (state.joint && needed_by_note(state, n)
        && std::find(state.joined.begin(), state.joined.end(), n)
               == state.joined.end())
      state.joint->one_less();
    return true;
  });
}

bool checkpoint_ledger::binds(const waiting_state& state,
                              const state_chains& chains) {
  const auto& content = state.content;
  return is_whole(state) && chains.keeps(content.key)
         && content.state.size() <= most_noted_bytes;
}

checkpoint_ledger::bond
checkpoint_ledger::bond_of(size_t stream, const state_chains& chains) const {
  const need own{stream, streams_[stream].open_request};
  bond out;
  if (streams_[stream].begins_anew)
    return out;
  const auto state =
      std::find_if(waiting_.rbegin(), waiting_.rend(), [&](const auto& one) {
        return binds(one, chains)
               && std::find(one.needs.begin(), one.needs.end(), own)
                      != one.needs.end();
      });
  if (state == waiting_.rend())
    return out;
  for (const auto& n : state->needs) {
    if (!needed_by_note(*state, n))
      continue;
    if (n.number == streams_[n.stream].open_request)
      out.streams.push_back(n.stream);
    else
      ++out.before;
  }
  return out;
}

void checkpoint_ledger::join(size_t stream, uint64_t number,
                             const joint_commit_ptr& joint,
                             const state_chains& chains) {
  const need own{stream, number};
  const auto state =
      std::find_if(waiting_.rbegin(), waiting_.rend(), [&](const auto& one) {
        return binds(one, chains)
               && std::find(one.needs.begin(), one.needs.end(), own)
                      != one.needs.end();
      });
  if (state == waiting_.rend())
    return;
  state->joint = joint;
  state->joined.push_back(own);
}

state_notes checkpoint_ledger::notes_of(size_t stream, uint64_t number,
                                        const state_chains& chains) {
  state_notes out;
  std::map<std::string, std::vector<std::string>> older;
  const auto print = [&](saveable_state& content) -> const std::string& {
    if (content.fingerprint.empty())
      content.fingerprint = chains.fingerprint(content.key, content.state);
    return content.fingerprint;
  };
  // These states are about to be saved.
  for (auto& state : saveable_)
    if (chains.keeps(state.key))
      older[state.key].push_back(print(state));
  auto whole_waits = false;
  for (auto& state : waiting_) {
    auto& content = state.content;
    const auto whole = is_whole(state);
    const need own{stream, number};
    if (chains.keeps(content.key)) {
      // A state that an older one of all streams holds back is not true yet.
      if ((whole || !whole_waits) && content.state.size() <= most_noted_bytes
          && needed_by_note(state, own)
          && std::find(state.needs.begin(), state.needs.end(), own)
                 != state.needs.end()) {
        if (!state.note) {
          auto links = chains.links(content.key);
          const auto& more = older[content.key];
          links.insert(links.end(), more.begin(), more.end());
          const auto needed = std::count_if(
              state.needs.begin(), state.needs.end(),
              [&](const need& n) { return needed_by_note(state, n); });
          state.note = std::make_shared<shared_note>(
              state_note{content.key, content.state, std::move(links)},
              static_cast<size_t>(needed), state.order);
        }
        state.noted.push_back(own);
        out.push_back(state.note);
      }
      older[content.key].push_back(print(content));
    }
    whole_waits = whole_waits || whole;
  }
  return out;
}

void checkpoint_ledger::fail(size_t stream) {
  streams_[stream].failed = true;
  lost_ += std::erase_if(waiting_, [&](const waiting_state& state) {
    const auto found =
        std::find_if(state.needs.begin(), state.needs.end(),
                     [&](const need& n) { return n.stream == stream; });
    if (found == state.needs.end())
      return false;
    // The commit of the other requests may go on if its note needs no row of
    // this stream, and it waits for no full refresh.
    if (state.joint
        && (needed_by_note(state, *found) || state.joint->waits_for_others()))
      state.joint->dissolve();
    return true;
  });
  // States of one stream that only a state of all streams kept apart.
  drop_outdated();
  release_in_order();
}

void checkpoint_ledger::add_stream_state(size_t stream, std::string key,
                                         std::string state, bool supersedes) {
  std::vector<need> needs;
  if (auto n = need_of(stream); !met(n))
    needs.push_back(n);
  add(std::move(needs), takes_states(stream),
      {std::move(key), std::move(state), supersedes});
}

void checkpoint_ledger::add_global_state(std::string key, std::string state) {
  std::vector<need> needs;
  for (size_t stream = 0; stream < streams_.size(); ++stream)
    if (auto n = need_of(stream); !met(n))
      needs.push_back(n);
  add(std::move(needs), takes_whole_states(),
      {std::move(key), std::move(state)});
}

bool checkpoint_ledger::takes_whole_states() const {
  for (size_t stream = 0; stream < streams_.size(); ++stream)
    if (!takes_states(stream))
      return false;
  return true;
}

bool checkpoint_ledger::open_request_wanted(size_t stream) const {
  need open{stream, streams_[stream].open_request};
  return std::any_of(waiting_.begin(), waiting_.end(), [&](const auto& state) {
    return std::find(state.needs.begin(), state.needs.end(), open)
           != state.needs.end();
  });
}

std::vector<saveable_state> checkpoint_ledger::take_saveable() {
  return std::exchange(saveable_, {});
}

void checkpoint_ledger::add(std::vector<need> needs, bool possible,
                            saveable_state content) {
  if (!possible) {
    ++lost_;
    return;
  }
  auto same = std::find_if(
      waiting_.rbegin(), waiting_.rend(),
      [&](const waiting_state& old) { return old.content.key == content.key; });
  waiting_state next{std::move(content), std::move(needs)};
  next.order = ++states_;
  // The older state is removed, since states are in the order in which they
  // came.
  if (same != waiting_.rend() && same->needs == next.needs) {
    next.note = std::move(same->note);
    next.noted = std::move(same->noted);
    next.order = same->order;
    next.joint = std::move(same->joint);
    next.joined = std::move(same->joined);
    if (next.note)
      next.note->renew(next.content.state);
    waiting_.erase(std::next(same).base());
  }
  waiting_.push_back(std::move(next));
  release_in_order();
}

void checkpoint_ledger::release_in_order() {
  auto whole_waits = false;
  std::erase_if(waiting_, [&](waiting_state& state) {
    const auto whole = is_whole(state);
    if (!state.needs.empty() || whole_waits) {
      whole_waits = whole_waits || whole;
      return false;
    }
    put_newest(saveable_, std::move(state.content));
    return true;
  });
}

checkpoint_ledger::need checkpoint_ledger::need_of(size_t stream) const {
  const auto& requests = streams_[stream];
  return {stream, requests.open_rows > 0 ? requests.open_request
                                         : requests.open_request - 1};
}

} // namespace motorcade
