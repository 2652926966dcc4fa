#include "schema/state/checkpoint_ledger.hpp"

#include <catch2/catch_all.hpp>

#include <map>
#include <random>

using namespace motorcade;

namespace {

std::vector<std::string> saved(checkpoint_ledger& ledger) {
  std::vector<std::string> out;
  for (auto& state : ledger.take_saveable())
    out.push_back(state.key + "=" + state.state);
  return out;
}

using strings = std::vector<std::string>;

/// The table of states, as both databases keep it.
using table = std::map<std::string, std::string>;

void save(table& into, const std::string& key, const std::string& state,
          bool supersedes) {
  if (kind_of_state(key) != state_kind::stream) {
    into.clear();
  } else if (supersedes) {
    into.erase(std::string{global_state_key});
    into.erase(std::string{legacy_state_key});
  }
  into[key] = state;
}

/// The same promises, kept in the simplest way: every row and every state is
/// remembered for ever.
class model {
public:
  explicit model(size_t streams)
      : rows_(streams), committed_(streams), failed_(streams) {}

  void add_rows(size_t stream, uint64_t rows) { rows_[stream] += rows; }

  void commit(size_t stream, uint64_t up_to) {
    if (!failed_[stream])
      committed_[stream] = up_to;
  }

  void fail(size_t stream) {
    failed_[stream] = true;
    for (auto& e : states_)
      if (auto rows = e.needs.find(stream); rows != e.needs.end())
        e.hopeless = e.hopeless || committed_[stream] < rows->second;
  }

  void add_state(std::string key, std::string state, bool supersedes,
                 std::vector<size_t> covers) {
    entry e{std::move(key), std::move(state), supersedes, {}, false, false};
    for (auto stream : covers) {
      e.needs[stream] = rows_[stream];
      e.hopeless = e.hopeless || failed_[stream];
    }
    states_.push_back(std::move(e));
  }

  void note_emitted(const std::string& key, const std::string& state) {
    for (auto& e : states_)
      if (e.key == key && e.state == state)
        e.emitted = true;
  }

  bool may_be_saved(const std::string& key, const std::string& state) const {
    for (const auto& e : states_)
      if (e.key == key && e.state == state)
        return met(e) && !e.hopeless;
    return false;
  }

  /// What is left of the states that were emitted, had they been saved in the
  /// order in which they came.
  table emitted_in_order() const {
    return fold([](const entry& e) { return e.emitted; });
  }

  /// What is left of all states whose rows are committed.
  table saveable_in_order() const {
    return fold([this](const entry& e) { return met(e) && !e.hopeless; });
  }

  /// @returns whether a state of all streams waits.
  bool whole_state_waits() const {
    for (const auto& e : states_)
      if (kind_of_state(e.key) != state_kind::stream && !e.hopeless && !met(e))
        return true;
    return false;
  }

private:
  struct entry {
    std::string key;
    std::string state;
    bool supersedes;
    std::map<size_t, uint64_t> needs;
    bool hopeless;
    bool emitted;
  };

  template <class Predicate>
  table fold(Predicate wanted) const {
    table out;
    for (const auto& e : states_)
      if (wanted(e))
        save(out, e.key, e.state, e.supersedes);
    return out;
  }

  bool met(const entry& e) const {
    for (auto [stream, rows] : e.needs)
      if (committed_[stream] < rows)
        return false;
    return true;
  }

  std::vector<uint64_t> rows_;
  std::vector<uint64_t> committed_;
  std::vector<bool> failed_;
  std::vector<entry> states_;
};

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
    table left;
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
  table left;
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

TEST_CASE("against a model: no state early, none lost") {
  auto base = std::random_device{}();
  for (unsigned round = 0; round < 4000; ++round) {
    auto seed = base + round;
    INFO("seed " << seed);
    std::mt19937 random{seed};
    auto pick = [&](size_t n) {
      return static_cast<size_t>(random() % n);
    };
    auto streams = 1 + pick(4);
    checkpoint_ledger ledger{streams};
    model truth{streams};

    struct request {
      uint64_t number;
      uint64_t rows;
    };

    std::vector<std::deque<request>> under_way(streams);
    std::vector<uint64_t> rows(streams);
    std::vector<bool> failed(streams);
    // The last stream is read in full: its states end no other kinds.
    auto supersedes = [&](size_t s) {
      return streams == 1 || s + 1 < streams;
    };
    table stored;
    int version = 0;
    auto check = [&] {
      for (auto& state : ledger.take_saveable()) {
        INFO(state.key << "=" << state.state);
        REQUIRE(truth.may_be_saved(state.key, state.state));
        truth.note_emitted(state.key, state.state);
        save(stored, state.key, state.state, state.supersedes);
      }
      REQUIRE(stored == truth.emitted_in_order());
      if (!truth.whole_state_waits())
        REQUIRE(stored == truth.saveable_in_order());
      size_t requests = 1;
      for (const auto& s : under_way)
        requests += s.size() + 1;
      REQUIRE(ledger.waiting() <= requests * (streams + 2));
    };
    auto close = [&](size_t s) {
      if (ledger.open_rows(s) > 0)
        under_way[s].push_back({ledger.close(s), rows[s]});
    };
    auto commit = [&](size_t s) {
      if (under_way[s].empty())
        return;
      ledger.commit(s, under_way[s].front().number);
      truth.commit(s, under_way[s].front().rows);
      under_way[s].pop_front();
    };
    auto events = 5 + pick(60);
    for (size_t i = 0; i < events; ++i) {
      auto s = pick(streams);
      switch (pick(12)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        if (failed[s])
          break;
        auto n = 1 + pick(5);
        rows[s] += n;
        ledger.add_rows(s, n);
        truth.add_rows(s, n);
        break;
      }
      case 4:
      case 5: {
        auto key = "s" + std::to_string(s);
        ledger.add_stream_state(s, key, std::to_string(++version),
                                supersedes(s));
        truth.add_state(key, std::to_string(version), supersedes(s), {s});
        break;
      }
      case 6:
      case 7: {
        std::vector<size_t> all(streams);
        for (size_t x = 0; x < streams; ++x)
          all[x] = x;
        auto key = pick(2) == 0 ? "_GLOBAL_STATE" : "_LEGACY_STATE";
        ledger.add_global_state(key, std::to_string(++version));
        truth.add_state(key, std::to_string(version), true, all);
        break;
      }
      case 8:
      case 9:
        close(s);
        break;
      case 10:
        commit(s);
        break;
      default:
        if (pick(10) == 0) {
          failed[s] = true;
          under_way[s].clear();
          ledger.fail(s);
          truth.fail(s);
        }
      }
      check();
    }
    // What is not failed is committed in the end, so its states are saved.
    for (size_t s = 0; s < streams; ++s) {
      if (failed[s])
        continue;
      close(s);
      while (!under_way[s].empty()) {
        commit(s);
        check();
      }
    }
    REQUIRE(stored == truth.saveable_in_order());
    REQUIRE(ledger.waiting() == 0);
  }
}
