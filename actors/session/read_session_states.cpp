// The states of a read session: which may be saved, and what speaks against it.
#include "actors/session/read_session.hpp"

#include "schema/base/counted.hpp"
#include "schema/base/name_in_message.hpp"
#include "schema/state/stream_descriptor.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace motorcade {

void read_session::on_state(const state_message& state, session_time now) {
  last_word_ = now;
  if (state.kind == state_kind::stream)
    on_stream_state(state, now);
  else
    on_whole_state(state, now);
}

void read_session::on_stream_state(const state_message& state,
                                   session_time now) {
  auto found = find_or_say(state.stream, "ignored a state of");
  // If it were saved and the stream joined the catalog later, rows that were
  // never delivered would be skipped.
  if (!found) {
    on_misnamed_state(state.stream);
    return;
  }
  auto& life = streams_[*found];
  life.seen = true;
  ++life.states;
  if (!check_count(state, life.tally, &life))
    ledger_.bar(*found);
  auto taken = ledger_.takes_states(*found);
  if (taken)
    release(*found);
  // The next read is not given the state of a stream that is read in full, so
  // the state says nothing of how the connector keeps its states.
  ledger_.add_stream_state(*found, state.stream.key(), state.state,
                           life.config.incremental);
  if (!taken)
    return;
  note_state_in_request(life);
  if (ripe(life, now))
    close_request(*found);
}

void read_session::on_whole_state(const state_message& state,
                                  session_time now) {
  auto* only = streams_.size() == 1 ? &streams_.front() : nullptr;
  if (!check_count(state, tally_, only))
    for (size_t i = 0; i < streams_.size(); ++i)
      ledger_.bar(i);
  if (state.kind == state_kind::global)
    check_names(state.state);
  auto taken = ledger_.takes_whole_states();
  for (size_t i = 0; taken && i < streams_.size(); ++i)
    release(i);
  ledger_.add_global_state(std::string{state.kind == state_kind::global
                                           ? global_state_key
                                           : legacy_state_key},
                           state.state);
  if (!taken)
    return;
  auto any = false;
  for (auto& life : streams_)
    note_state_in_request(life);
  for (const auto& life : streams_)
    any = any || ripe(life, now);
  // The state needs the requests of all streams, so they end together.
  for (size_t i = 0; any && i < streams_.size(); ++i)
    if (streams_[i].request_rows > 0
        && (streams_[i].config.incremental || ripe(streams_[i], now)))
      close_request(i);
}

bool read_session::check_count(const state_message& state, record_tally& tally,
                               stream_life* of) {
  auto found = tally.check(state.source_records, unattributed_rows_);
  if (!found)
    return true;
  auto text = (of != nullptr ? "stream " + of->config.id.key()
                             : std::string{"all streams"})
              + ": " + describe(*found);
  auto saved = found->missing == 0 || !settings_.strict_record_count;
  if (found->missing > 0) {
    auto& sum = of != nullptr ? of->missing_rows : missing_rows_;
    // A count may have any size; the sum of many must not wrap to 0.
    sum += std::min(found->missing, UINT64_MAX - sum);
    text += saved ? "; the state is saved all the same, or the connector would "
                    "never get on (STRICT_RECORD_COUNT)"
                  : "; neither this state nor later ones are saved "
                    "(STRICT_RECORD_COUNT)";
  }
  backend_.log(log_level::warn, std::move(text));
  return saved;
}

void read_session::on_misnamed_state(const stream_id& sent) {
  const auto& near = strangers_.guess(sent);
  for (auto i : near.streams) {
    auto& life = streams_[i];
    if (near.may_be_another) {
      on_near_name(i, sent, near.difference);
      ++life.near_states;
      continue;
    }
    ++life.misnamed_states;
    if (life.misnamed_state_as.empty())
      life.misnamed_state_as =
          name_in_message(sent) + " (" + std::string{near.difference} + ")";
    life.seen = true;
  }
}

void read_session::check_names(std::string_view global) {
  auto known = false;
  std::vector<stream_id> unknown;
  std::vector<bool> named(streams_.size());
  for (auto& id : streams_of_global_state(global)) {
    auto found = find(id);
    if (found)
      named[*found] = known = true;
    else
      unknown.push_back(std::move(id));
  }
  for (const auto& id : unknown) {
    const auto& near = strangers_.guess(id);
    // If the state has the stream's own name, too, the connector knows both
    // names.
    auto doubtful = std::any_of(near.streams.begin(), near.streams.end(),
                                [&](size_t i) { return !named[i]; });
    if (doubtful)
      on_misnamed_state(id);
    if ((doubtful || !known) && strangers_.reports_first_time(id))
      backend_.log(log_level::warn,
                   "the state of all streams (GLOBAL) has a state of stream "
                       + name_in_message(id)
                       + ", which the catalog does not name"
                       + strangers_.in_words(id));
  }
}

bool read_session::only_strangers() const {
  return strangers_.rows() > 0
         && std::all_of(streams_.begin(), streams_.end(), [](const auto& life) {
              return life.rows == 0 && life.rejected_rows == 0
                     && life.misnamed_rows == 0;
            });
}

void read_session::save_what_may_be(const stream_life* replaced_by_part) {
  // Rows of the catalog's streams may have come under another name: no state is
  // saved over them until a row comes under its own name.
  if (only_strangers())
    return;
  auto states = ledger_.take_saveable();
  if (replaced_by_part != nullptr)
    end_old_state(replaced_by_part->config.id.key(), states);
  if (states.empty())
    return;
  states_under_way_ += states.size();
  auto& passed = passed_.emplace_back();
  for (auto& state : states) {
    if (state.supersedes)
      note_saved(state.key);
    if (!settings_.chains.keeps(state.key))
      continue;
    if (state.fingerprint.empty())
      state.fingerprint = settings_.chains.fingerprint(state.key, state.state);
    settings_.chains.pass(state.key, state.fingerprint);
    passed.emplace_back(state.key, state.fingerprint);
  }
  backend_.save_states(std::move(states));
}

void read_session::note_saved(const std::string& key) {
  auto ended = coverage_.note_saved(key);
  if (ended == 0 || std::exchange(mixed_states_told_, true))
    return;
  auto kind = kind_of_state(key) == state_kind::global ? "GLOBAL" : "LEGACY";
  backend_.log(log_level::warn,
               "the connector sends states of several kinds: a "
                   + std::string{kind} + " state ended the "
                   + std::string{agree(ended, "state", "states")} + " of "
                   + counted(ended, "stream")
                   + " that came before it. The newest kind counts: the next "
                     "read goes on from that alone");
}

void read_session::end_old_state(const std::string& key,
                                 std::vector<saveable_state>& states) {
  auto renews = [&](const saveable_state& state) {
    return state.key == key || kind_of_state(state.key) != state_kind::stream;
  };
  if (coverage_.renewed(key)
      || std::any_of(states.begin(), states.end(), renews))
    return;
  backend_.log(log_level::info,
               "stream " + key
                   + ": its table was replaced by part of this read, so the "
                     "saved state of an earlier read no longer fits and is "
                     "discarded; the next read starts from the beginning "
                     "unless a new state comes");
  states.insert(states.begin(), {key, "null"});
}

} // namespace motorcade
