// Which states are noted beside the rows of which request.
#include "schema/state/checkpoint_ledger.hpp"
#include "schema/state/state_chains.hpp"
#include "schema/state/state_note.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

using strings = std::vector<std::string>;

/// Fingerprints that can be read.
state_chains readable_chains() {
  state_chains out{std::make_shared<state_fingerprints>(
      catalog{},
      [](std::string_view text) { return "#" + std::string{text}; })};
  for (const auto& [key, given] :
       {std::pair<std::string, std::optional<std::string>>{"a", "#0"},
        {"b", std::nullopt},
        {std::string{global_state_key}, "#g"}})
    out.keep(key, given);
  return out;
}

/// @returns what the commit of a request with these notes keeps:
/// `key=state after links`.
strings kept(const state_notes& notes, bool committed = true) {
  note_turn turn{notes};
  strings out;
  for (const auto& note : turn.due()) {
    auto text = note.key + "=" + note.state + " after";
    for (const auto& link : note.links)
      text += ' ' + link;
    out.push_back(std::move(text));
  }
  if (committed)
    turn.committed();
  return out;
}

struct ledger_world {
  /// Closes a stream's request of one row.
  state_notes close(size_t stream) {
    return ledger.notes_of(stream, ledger.close(stream), chains);
  }

  checkpoint_ledger ledger{2};
  state_chains chains = readable_chains();
};

} // namespace

TEST_CASE("a state of one stream is kept by the commit of its rows") {
  ledger_world w;
  w.ledger.add_rows(0, 1);
  w.ledger.add_stream_state(0, "a", "1");
  CHECK(kept(w.close(0)) == strings{"a=1 after #0"});
  // It is not known whether it was saved.
  w.ledger.add_rows(0, 1);
  w.ledger.add_stream_state(0, "a", "2");
  CHECK(kept(w.close(0)) == strings{"a=2 after #0 #1e0"});
  // Both may be in the database, then the second one is known to be.
  w.chains.pass("a", "#1e0");
  w.chains.pass("a", "#2e0");
  w.chains.note_saved("a", "#2e0");
  w.ledger.commit(0, 2);
  REQUIRE(w.ledger.take_saveable().size() == 1);
  w.ledger.add_rows(0, 1);
  w.ledger.add_stream_state(0, "a", "3");
  CHECK(kept(w.close(0)) == strings{"a=3 after #2e0"});
  // A stream that began anew has nothing to go on from.
  w.ledger.add_rows(1, 1);
  w.ledger.add_stream_state(1, "b", "1");
  CHECK(kept(w.close(1)) == strings{"b=1 after"});
}

TEST_CASE("a state without rows is noted by no commit, but is a link") {
  ledger_world w;
  w.ledger.add_stream_state(0, "a", "1");
  w.ledger.add_rows(0, 1);
  w.ledger.add_stream_state(0, "a", "2");
  CHECK(kept(w.close(0)) == strings{"a=2 after #0 #1e0"});
}

TEST_CASE("rows behind the last state are kept without a state") {
  ledger_world w;
  w.ledger.add_rows(0, 1);
  CHECK(w.close(0).empty());
}

TEST_CASE("a state of all streams is kept by the last commit that it needs") {
  const auto global = std::string{global_state_key};
  const auto expected = strings{global + "=1 after #g"};
  for (const auto first : {size_t{0}, size_t{1}}) {
    INFO("stream " << first << " first");
    ledger_world w;
    w.ledger.add_rows(0, 1);
    w.ledger.add_rows(1, 1);
    w.ledger.add_global_state(global, "1");
    const state_notes notes[] = {w.close(0), w.close(1)};
    // An answer that is lost counts for nothing.
    CHECK(kept(notes[first], false).empty());
    CHECK(kept(notes[first]).empty());
    CHECK(kept(notes[1 - first], false) == expected);
    CHECK(kept(notes[1 - first]) == expected);
  }
}

TEST_CASE("a newer state of all streams takes the place of one that waits for "
          "the same requests") {
  const auto global = std::string{global_state_key};
  ledger_world w;
  w.ledger.add_rows(0, 1);
  w.ledger.add_rows(1, 1);
  w.ledger.add_global_state(global, "1");
  const auto first = w.close(0);
  w.ledger.add_global_state(global, "2");
  const auto second = w.close(1);
  CHECK(kept(first).empty());
  CHECK(kept(second) == strings{global + "=2 after #g"});
}

TEST_CASE("a request that was closed before the state counts once it is "
          "committed") {
  const auto global = std::string{global_state_key};
  ledger_world w;
  w.ledger.add_rows(0, 1);
  const auto early = w.ledger.close(0);
  w.ledger.add_rows(1, 1);
  w.ledger.add_global_state(global, "1");
  const auto notes = w.close(1);
  CHECK(kept(notes, false).empty());
  w.ledger.commit(0, early);
  CHECK(kept(notes) == strings{global + "=1 after #g"});
}

TEST_CASE("a state that an older one of all streams holds back is not kept") {
  ledger_world w;
  w.ledger.add_rows(0, 1);
  w.ledger.add_rows(1, 1);
  w.ledger.add_global_state(std::string{global_state_key}, "1");
  w.ledger.add_rows(1, 1);
  w.ledger.add_stream_state(1, "b", "2");
  // It is not true before the GLOBAL one, which waits for stream 0.
  const auto notes = w.close(1);
  REQUIRE(notes.size() == 1);
  CHECK(kept(notes).empty());
}

TEST_CASE(
    "states of keys that are not kept, and very large ones, get no note") {
  ledger_world w;
  w.ledger.add_rows(0, 1);
  w.ledger.add_stream_state(0, "c", "1");
  CHECK(w.close(0).empty());
  w.ledger.add_rows(0, 1);
  w.ledger.add_stream_state(0, "a", '"' + std::string(5u << 20, 'x') + '"');
  CHECK(w.close(0).empty());
}

TEST_CASE("a chain stays short while nothing is saved") {
  auto chains = readable_chains();
  for (int i = 1; i <= 5'000; ++i)
    chains.pass("a", "#" + std::to_string(i));
  const auto& links = chains.links("a");
  CHECK(links.size() <= 1'000);
  CHECK(links.front() == "#0");
  CHECK(links.back() == "#5000");
}
