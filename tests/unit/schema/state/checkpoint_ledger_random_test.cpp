#include "schema/state/checkpoint_ledger.hpp"
#include "support/state_table.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;

namespace {

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
                 const std::vector<size_t>& covers) {
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
  state_table emitted_in_order() const {
    return fold([](const entry& e) { return e.emitted; });
  }

  /// What is left of all states whose rows are committed.
  state_table saveable_in_order() const {
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
  state_table fold(Predicate wanted) const {
    state_table out;
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

TEST_CASE("against a model, no state is saved early and none is lost") {
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
    state_table stored;
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
