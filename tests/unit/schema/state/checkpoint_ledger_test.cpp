#include "schema/state/checkpoint_ledger.hpp"

#include <catch2/catch_all.hpp>

#include <map>
#include <random>
#include <set>

using namespace motorcade;

namespace {

std::vector<std::string> saved(checkpoint_ledger& ledger) {
  std::vector<std::string> out;
  for (auto& state : ledger.take_saveable())
    out.push_back(state.key + "=" + state.state);
  return out;
}

using strings = std::vector<std::string>;

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

  void fail(size_t stream) { failed_[stream] = true; }

  void add_state(std::string key, std::string state,
                 std::vector<size_t> covers) {
    entry e{std::move(key), std::move(state), {}, false, false};
    for (auto stream : covers) {
      e.needs[stream] = rows_[stream];
      e.hopeless = e.hopeless || failed_[stream];
    }
    states_.push_back(std::move(e));
  }

  bool may_be_saved(const std::string& key, const std::string& state) const {
    for (const auto& e : states_)
      if (e.key == key && e.state == state)
        return ready(e);
    return false;
  }

  /// The newest state of each key that may be saved. Those that wait while a
  /// newer one of another kind may be saved are dropped.
  std::map<std::string, std::string> newest() {
    const entry* last = nullptr;
    for (const auto& e : states_)
      if (ready(e))
        last = &e;
    for (auto& e : states_)
      if (last != nullptr && &e < last && !ready(e)
          && kind_of_state(e.key) != kind_of_state(last->key))
        e.dropped = true;
    std::map<std::string, std::string> out;
    for (const auto& e : states_)
      if (ready(e))
        out[e.key] = e.state;
    return out;
  }

private:
  struct entry {
    std::string key;
    std::string state;
    std::map<size_t, uint64_t> needs;
    bool hopeless;
    bool dropped;
  };

  bool ready(const entry& e) const {
    if (e.hopeless || e.dropped)
      return false;
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
  CHECK(ledger.open_unit_wanted(0));
  CHECK_FALSE(ledger.open_unit_wanted(1));
  auto unit = ledger.close(0);
  CHECK_FALSE(ledger.open_unit_wanted(0));
  CHECK(saved(ledger).empty());
  ledger.commit(0, unit);
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
  CHECK_FALSE(ledger.open_unit_wanted(0));
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

TEST_CASE("the newest kind of state counts, in the order of the states") {
  checkpoint_ledger ledger{2};
  ledger.add_rows(1, 1);
  ledger.add_global_state("_GLOBAL_STATE", "1");
  ledger.add_rows(0, 1);
  SECTION("an older one of another kind is dropped") {
    ledger.add_stream_state(0, "a", "2");
    ledger.commit(0, ledger.close(0));
    CHECK(saved(ledger) == strings{"a=2"});
    ledger.commit(1, ledger.close(1));
    CHECK(saved(ledger).empty());
    CHECK(ledger.waiting() == 0);
  }
  SECTION("unless the newer one ends no other kinds") {
    ledger.add_stream_state(0, "a", "2", /*supersedes*/ false);
    ledger.commit(0, ledger.close(0));
    CHECK(saved(ledger) == strings{"a=2"});
    ledger.commit(1, ledger.close(1));
    CHECK(saved(ledger) == strings{"_GLOBAL_STATE=1"});
  }
  SECTION("a newer one of the same key has a new place") {
    ledger.add_stream_state(1, "b", "2");
    ledger.add_global_state("_GLOBAL_STATE", "3");
    ledger.commit(1, ledger.close(1));
    CHECK(saved(ledger) == strings{"_GLOBAL_STATE=1", "b=2"});
    ledger.commit(0, ledger.close(0));
    CHECK(saved(ledger) == strings{"_GLOBAL_STATE=3"});
  }
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

TEST_CASE("no more states wait than units are under way") {
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

    struct unit {
      uint64_t number;
      uint64_t rows;
    };

    std::vector<std::deque<unit>> under_way(streams);
    std::vector<uint64_t> rows(streams);
    std::vector<bool> failed(streams);
    std::map<std::string, std::string> stored;
    int version = 0;
    auto check = [&] {
      for (auto& state : ledger.take_saveable()) {
        INFO(state.key << "=" << state.state);
        REQUIRE(truth.may_be_saved(state.key, state.state));
        if (stored.contains(state.key))
          REQUIRE(std::stoi(stored[state.key]) < std::stoi(state.state));
        stored[state.key] = state.state;
      }
      REQUIRE(stored == truth.newest());
      size_t units = 1;
      for (const auto& s : under_way)
        units += s.size() + 1;
      REQUIRE(ledger.waiting() <= units * (streams + 2));
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
        ledger.add_stream_state(s, key, std::to_string(++version));
        truth.add_state(key, std::to_string(version), {s});
        break;
      }
      case 6:
      case 7: {
        std::vector<size_t> all(streams);
        for (size_t x = 0; x < streams; ++x)
          all[x] = x;
        auto key = pick(2) == 0 ? "_GLOBAL_STATE" : "_LEGACY_STATE";
        ledger.add_global_state(key, std::to_string(++version));
        truth.add_state(key, std::to_string(version), all);
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
  }
}
