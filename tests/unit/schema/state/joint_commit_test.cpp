// Which requests become visible in one transaction.
#include "schema/state/checkpoint_ledger.hpp"
#include "schema/state/joint_commit.hpp"
#include "schema/state/state_chains.hpp"

#include <catch2/catch_all.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace motorcade;

namespace {

using indexes = std::vector<size_t>;

const std::string global{global_state_key};

struct bound_world {
  explicit bound_world(const std::string& kept = global) {
    chains.keep(kept, "#0");
  }

  /// Closes the open requests that are bound to that of a stream.
  joint_commit_ptr close_bound(size_t stream) {
    const auto bond = ledger.bond_of(stream, chains);
    auto joint =
        std::make_shared<joint_commit>(bond.streams.size(), bond.before);
    std::vector<uint64_t> numbers;
    for (const auto one : bond.streams) {
      numbers.push_back(ledger.close(one));
      ledger.join(one, numbers.back(), joint, chains);
    }
    for (size_t i = 0; i < numbers.size(); ++i) {
      const auto made = ledger.notes_of(bond.streams[i], numbers[i], chains);
      notes.insert(notes.end(), made.begin(), made.end());
    }
    return joint;
  }

  /// @returns the states that the commit of all closed requests keeps.
  std::vector<std::string> kept() {
    std::vector<std::string> out;
    for (const auto& note : note_turn{notes}.due())
      out.push_back(note.state);
    return out;
  }

  checkpoint_ledger ledger{3};
  state_chains chains{std::make_shared<state_fingerprints>(
      catalog{}, [](std::string_view text) { return std::string{text}; })};
  state_notes notes;
};

} // namespace

TEST_CASE("open requests are bound by a state of all streams that needs them") {
  bound_world w;
  w.ledger.add_rows(0, 1);
  w.ledger.add_rows(1, 1);
  CHECK(w.ledger.bond_of(0, w.chains).streams.empty());
  w.ledger.add_global_state(global, "1");
  for (const size_t stream : {0, 1})
    CHECK(w.ledger.bond_of(stream, w.chains).streams == indexes{0, 1});
  CHECK(w.ledger.bond_of(2, w.chains).streams.empty());
  // The newest state needs the third one, too.
  w.ledger.add_rows(2, 1);
  w.ledger.add_global_state(global, "2");
  CHECK(w.ledger.bond_of(0, w.chains).streams == indexes{0, 1, 2});
  CHECK(w.ledger.bond_of(0, w.chains).before == 0);
  w.close_bound(2);
  CHECK(w.kept() == std::vector<std::string>{"2"});
  CHECK(w.ledger.bond_of(0, w.chains).streams.empty());
}

TEST_CASE("states that are not noted bind nothing") {
  struct row {
    std::string what;
    std::string key;
    std::string state;
  };

  for (const auto& [what, key, state] :
       {row{"of another kind", std::string{legacy_state_key}, "1"},
        row{"very large", global, '"' + std::string(5u << 20, 'x') + '"'}}) {
    INFO(what);
    bound_world w;
    w.ledger.add_rows(0, 1);
    w.ledger.add_rows(1, 1);
    w.ledger.add_global_state(key, state);
    CHECK(w.ledger.bond_of(0, w.chains).streams.empty());
  }
  bound_world w{"a"};
  w.ledger.add_rows(0, 1);
  w.ledger.add_stream_state(0, "a", "1");
  CHECK(w.ledger.bond_of(0, w.chains).streams.empty());
}

TEST_CASE("a full refresh is not waited for by the note of a state, only by "
          "the state") {
  bound_world w;
  w.ledger.set_begins_anew(1);
  for (const size_t stream : {0, 1, 2})
    w.ledger.add_rows(stream, 1);
  w.ledger.add_global_state(global, "1");
  CHECK(w.ledger.bond_of(1, w.chains).streams.empty());
  CHECK(w.ledger.bond_of(2, w.chains).streams == indexes{0, 2});
  const auto joint = w.close_bound(0);
  CHECK(w.kept() == std::vector<std::string>{"1"});
  w.ledger.commit(0, 1);
  w.ledger.commit(2, 1);
  CHECK(w.ledger.take_saveable().empty());
  // It is lost with those rows, and its note stays.
  w.ledger.fail(1);
  CHECK(w.ledger.lost() == 1);
  CHECK_FALSE(joint->is_dissolved());
}

TEST_CASE("states whose requests are committed do not gather while a full "
          "refresh goes on") {
  bound_world w;
  w.ledger.set_begins_anew(1);
  w.ledger.add_rows(1, 1);
  for (uint64_t i = 1; i <= 100; ++i) {
    w.ledger.add_rows(0, 1);
    w.ledger.add_rows(2, 1);
    w.ledger.add_global_state(global, std::to_string(i));
    w.notes.clear();
    w.close_bound(0);
    CHECK(w.kept() == std::vector{std::to_string(i)});
    w.ledger.commit(0, i);
    w.ledger.commit(2, i);
    CHECK(w.ledger.waiting() == 1);
  }
  w.ledger.commit(1, w.ledger.close(1));
  const auto saved = w.ledger.take_saveable();
  REQUIRE(saved.size() == 1);
  CHECK(saved.front().state == "100");
}

TEST_CASE("a joint commit waits for closed requests that the state needs") {
  bound_world w;
  w.ledger.add_rows(1, 1);
  const auto early = w.ledger.close(1);
  w.ledger.add_rows(0, 1);
  w.ledger.add_global_state(global, "1");
  const auto bond = w.ledger.bond_of(0, w.chains);
  CHECK(bond.streams == indexes{0});
  CHECK(bond.before == 1);
  const auto joint = w.close_bound(0);
  CHECK(w.kept().empty());
  auto woken = 0;
  joint->on_change([&] { ++woken; });
  CHECK(joint->waits_for_others());
  w.ledger.commit(1, early);
  CHECK_FALSE(joint->waits_for_others());
  CHECK(woken == 1);
  CHECK(w.kept() == std::vector<std::string>{"1"});
  CHECK_FALSE(joint->is_dissolved());
}

TEST_CASE("a stream that fails sets the others free, without the state") {
  for (const size_t failed : {0, 1}) {
    CAPTURE(failed);
    bound_world w;
    w.ledger.add_rows(1, 1);
    w.ledger.close(1);
    w.ledger.add_rows(0, 1);
    w.ledger.add_rows(2, 1);
    w.ledger.add_global_state(global, "1");
    const auto joint = w.close_bound(0);
    w.ledger.fail(failed);
    CHECK(joint->is_dissolved());
    CHECK(w.kept().empty());
  }
}

TEST_CASE("a full refresh that fails dissolves a joint commit that waits for "
          "another one") {
  bound_world w;
  w.ledger.set_begins_anew(2);
  w.ledger.add_rows(2, 1);
  w.ledger.add_rows(1, 1);
  w.ledger.close(1);
  w.ledger.add_rows(0, 1);
  w.ledger.add_global_state(global, "1");
  const auto joint = w.close_bound(0);
  w.ledger.fail(2);
  CHECK(joint->is_dissolved());
}

TEST_CASE("a part that is let go dissolves the whole once") {
  const auto joint = std::make_shared<joint_commit>(2, 0);
  auto woken = 0;
  joint->on_change([&] { ++woken; });
  auto first = std::make_unique<joint_part>(joint);
  auto second = std::make_unique<joint_part>(joint);
  CHECK(first->whole() == joint);
  first.reset();
  CHECK(joint->is_dissolved());
  second.reset();
  CHECK(woken == 1);
}
