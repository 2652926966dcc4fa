#include "schema/state/checkpoint_ledger.hpp"
#include "support/state_table.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;

namespace {

std::vector<std::string> saved(checkpoint_ledger& ledger) {
  std::vector<std::string> out;
  for (auto& state : ledger.take_saveable())
    out.push_back(state.key + "=" + state.state);
  return out;
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("a state waits for the rows before it") {
  checkpoint_ledger ledger{2};
  ledger.add_rows(0, 10);
  ledger.add_stream_state(0, "a", "1");
  CHECK(saved(ledger).empty());
  CHECK(ledger.open_request_wanted(0));
  CHECK_FALSE(ledger.open_request_wanted(1));
  auto number = ledger.close(0);
  CHECK_FALSE(ledger.open_request_wanted(0));
  CHECK(saved(ledger).empty());
  ledger.commit(0, number);
  CHECK(saved(ledger) == strings{"a=1"});
  CHECK(saved(ledger).empty());
}

TEST_CASE("a state without rows before it is saveable at once") {
  checkpoint_ledger ledger{1};
  ledger.add_stream_state(0, "a", "null");
  CHECK(saved(ledger) == strings{"a=null"});
}

TEST_CASE("a global state waits for all streams") {
  checkpoint_ledger ledger{3};
  ledger.add_rows(0, 1);
  ledger.add_rows(1, 1);
  ledger.add_global_state("_GLOBAL_STATE", "1");
  ledger.commit(0, ledger.close(0));
  CHECK(saved(ledger).empty());
  ledger.commit(1, ledger.close(1));
  CHECK(saved(ledger) == strings{"_GLOBAL_STATE=1"});
}

TEST_CASE("rows behind a state do not hold it back") {
  checkpoint_ledger ledger{1};
  ledger.add_rows(0, 1);
  auto first = ledger.close(0);
  ledger.add_stream_state(0, "a", "1");
  ledger.add_rows(0, 1);
  CHECK_FALSE(ledger.open_request_wanted(0));
  ledger.commit(0, first);
  CHECK(saved(ledger) == strings{"a=1"});
}

TEST_CASE("states of a failed stream are lost, others go on") {
  checkpoint_ledger ledger{2};
  ledger.add_rows(0, 1);
  ledger.add_rows(1, 1);
  ledger.add_stream_state(0, "a", "1");
  ledger.add_stream_state(1, "b", "1");
  ledger.add_global_state("g", "1");
  ledger.fail(0);
  ledger.add_stream_state(0, "a", "2");
  CHECK(ledger.lost() == 3);
  ledger.commit(1, ledger.close(1));
  CHECK(saved(ledger) == strings{"b=1"});
}

TEST_CASE("states of different kinds are saved in the order they came") {
  // Streams a and b, by their letters: `+a` rows of a, `a1` a state of it, `G1`
  // and `L1` states of all streams, `f1` a state of b that ends no other kinds,
  // `.a` a commit of all rows of a, `!a` their loss.
  struct row {
    std::string what;
    std::vector<std::string> steps;
    /// Behind each step that saves something.
    strings saves;
    state_table left;
  };

  auto r = GENERATE(row{"what a newer state of all streams ended stays ended",
                        {"+a", "a7", "G1", "b9", ".a"},
                        {"a=7", "_GLOBAL_STATE=1", "b=9"},
                        {{"b", "9"}}},
                    row{"the same with LEGACY",
                        {"+a", "a7", "L1", "b9", ".a"},
                        {"a=7", "_LEGACY_STATE=1", "b=9"},
                        {{"b", "9"}}},
                    row{"a state of one stream waits for an older one of all",
                        {"+a", "G1", "b2", "+b", "b3", ".b", ".a"},
                        {"_GLOBAL_STATE=1", "b=3"},
                        {{"b", "3"}}},
                    row{"and goes on where that is lost",
                        {"+a", "a7", "G1", "b9", "!a"},
                        {"b=9"},
                        {{"b", "9"}}},
                    row{"one that ends no kinds is not ended by an older one",
                        {"+a", "G1", "f2", ".a"},
                        {"_GLOBAL_STATE=1", "b=2"},
                        {{"_GLOBAL_STATE", "1"}, {"b", "2"}}},
                    row{"one that ends no kinds is ended by a newer one",
                        {"+b", "f2", "G3", ".b"},
                        {"b=2", "_GLOBAL_STATE=3"},
                        {{"_GLOBAL_STATE", "3"}}},
                    row{"GLOBAL and LEGACY in turn",
                        {"+a", "G1", "+a", "L2", "a3", "G4", ".a"},
                        {"a=3", "_LEGACY_STATE=2", "_GLOBAL_STATE=4"},
                        {{"_GLOBAL_STATE", "4"}}});
  CAPTURE(r.what);
  checkpoint_ledger ledger{2};
  strings emitted;
  state_table left;
  for (const auto& step : r.steps) {
    auto value = step.substr(1);
    auto stream = static_cast<size_t>(
        (step[0] == '+' || step[0] == '.' || step[0] == '!' ? step[1] : step[0])
        != 'a');
    switch (step[0]) {
    case '+':
      ledger.add_rows(stream, 1);
      break;
    case '.':
      ledger.commit(stream, ledger.close(stream));
      break;
    case '!':
      ledger.fail(stream);
      break;
    case 'G':
      ledger.add_global_state(std::string{global_state_key}, value);
      break;
    case 'L':
      ledger.add_global_state(std::string{legacy_state_key}, value);
      break;
    case 'f':
      ledger.add_stream_state(1, "b", value, /*supersedes*/ false);
      break;
    default:
      ledger.add_stream_state(stream, step.substr(0, 1), value);
    }
    for (auto& state : ledger.take_saveable()) {
      emitted.push_back(state.key + "=" + state.state);
      save(left, state.key, state.state, state.supersedes);
    }
  }
  CHECK_THAT(emitted, Catch::Matchers::UnorderedEquals(r.saves));
  CHECK(left == r.left);
  CHECK(ledger.waiting() == 0);
}

TEST_CASE("a barred stream takes no more states, and keeps those that wait") {
  checkpoint_ledger ledger{2};
  ledger.add_rows(0, 1);
  ledger.add_stream_state(0, "a", "1");
  ledger.bar(0);
  CHECK_FALSE(ledger.takes_states(0));
  CHECK(ledger.takes_states(1));
  CHECK_FALSE(ledger.takes_whole_states());
  ledger.add_stream_state(0, "a", "2");
  ledger.add_global_state("_GLOBAL_STATE", "3");
  CHECK(ledger.lost() == 2);
  ledger.commit(0, ledger.close(0));
  CHECK(saved(ledger) == strings{"a=1"});
}

TEST_CASE("no more states wait than requests are under way") {
  checkpoint_ledger ledger{1};
  for (int i = 0; i < 1000; ++i) {
    ledger.add_rows(0, 1);
    ledger.add_stream_state(0, "a", std::to_string(i));
  }
  CHECK(ledger.waiting() == 1);
  ledger.commit(0, ledger.close(0));
  CHECK(saved(ledger) == strings{"a=999"});
}

TEST_CASE("a state that waits for another stream alone is kept once") {
  // Whether each state covers all streams, or stands behind one that does.
  const auto of_all = GENERATE(true, false);
  checkpoint_ledger ledger{2};
  ledger.add_rows(1, 1);
  const auto slow = ledger.close(1);
  if (!of_all)
    ledger.add_global_state("_GLOBAL_STATE", "first");
  for (int i = 0; i < 1000; ++i) {
    ledger.add_rows(0, 1);
    if (of_all)
      ledger.add_global_state("_GLOBAL_STATE", std::to_string(i));
    else
      ledger.add_stream_state(0, "a", std::to_string(i));
    ledger.commit(0, ledger.close(0));
    REQUIRE(ledger.waiting() <= 2);
  }
  CHECK(saved(ledger).empty());
  ledger.commit(1, slow);
  CHECK(saved(ledger)
        == (of_all ? strings{"_GLOBAL_STATE=999"}
                   : strings{"_GLOBAL_STATE=first", "a=999"}));
}

TEST_CASE("kinds of states that change all the time are kept once each") {
  // S: of one stream, G and L: of all.
  const std::string kinds = GENERATE("SG", "SGL", "GSL", "GLSS", "LSGS");
  CAPTURE(kinds);
  checkpoint_ledger ledger{2};
  ledger.add_rows(1, 1);
  const auto slow = ledger.close(1);
  ledger.add_global_state("_GLOBAL_STATE", "first");
  int number = 0;
  for (int i = 0; i < 300; ++i)
    for (const auto kind : kinds) {
      const auto value = std::to_string(++number);
      ledger.add_rows(0, 1);
      if (kind == 'S')
        ledger.add_stream_state(0, "a", value);
      else
        ledger.add_global_state(kind == 'G' ? "_GLOBAL_STATE" : "_LEGACY_STATE",
                                value);
      ledger.commit(0, ledger.close(0));
      REQUIRE(ledger.waiting() <= 4);
    }
  CHECK(saved(ledger).empty());
  ledger.commit(1, slow);
  CHECK(ledger.waiting() == 0);
  const auto last = std::to_string(number);
  CHECK(saved(ledger).back().ends_with("=" + last));
}
