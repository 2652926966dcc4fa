#include "schema/state/checkpoint_ledger.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

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
    std::erase_if(state.needs, [&](const need& n) { return met(n); });
  release_in_order();
}

void checkpoint_ledger::fail(size_t stream) {
  streams_[stream].failed = true;
  lost_ += std::erase_if(waiting_, [&](const waiting_state& state) {
    return std::any_of(state.needs.begin(), state.needs.end(),
                       [&](const need& n) { return n.stream == stream; });
  });
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
  // The order of states is that in which they came.
  if (same != waiting_.rend() && same->needs == needs)
    waiting_.erase(std::next(same).base());
  waiting_.push_back({std::move(content), std::move(needs)});
  release_in_order();
}

void checkpoint_ledger::release_in_order() {
  auto whole_waits = false;
  std::erase_if(waiting_, [&](waiting_state& state) {
    auto whole = kind_of_state(state.content.key) != state_kind::stream;
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
