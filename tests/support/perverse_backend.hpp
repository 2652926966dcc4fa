#pragma once

#include "actors/session/read_session.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace motorcade::test {

/// A destination and a database that keep every promise in the most perverse
/// way, and a judge that remembers every row and every state for ever.
class perverse_backend : public session_backend {
public:
  explicit perverse_backend(unsigned seed) : random_{seed} {}

  size_t pick(size_t n) { return random_() % n; }

  /// Answers in full from now on, and fails nothing.
  void calm() { calm_ = true; }

  void open_request(size_t s, uint64_t number, write_mode mode) override {
    auto& stream = streams_[s];
    REQUIRE(stream.opened + 1 == number);
    auto first = stream.opened++ == 0 && !stream.joins;
    REQUIRE((mode == write_mode::replace_table) == first);
    if (stream.dead)
      return;
    REQUIRE((stream.requests.empty() || stream.requests.back().complete));
    stream.requests.push_back({number, {}, false});
  }

  void write(size_t s, block_ptr rows) override {
    auto& stream = streams_[s];
    if (stream.dead)
      return;
    REQUIRE(!stream.abort_asked);
    REQUIRE(!stream.requests.empty());
    REQUIRE(!stream.requests.back().complete);
    auto& sent = stream.requests.back().rows;
    for (auto row : blocks_.at(rows.get()))
      sent.push_back(row);
    // However long rows are held, they keep their order.
    REQUIRE(std::is_sorted(sent.begin(), sent.end()));
  }

  void note(size_t, commit_terms) override { FAIL("nothing is noted here"); }

  void finish_request(size_t s) override {
    auto& stream = streams_[s];
    if (stream.dead)
      return;
    REQUIRE(!stream.requests.empty());
    stream.requests.back().complete = true;
  }

  void abort(size_t s) override {
    auto& stream = streams_[s];
    stream.abort_asked = true;
    // A complete request may be committed, even if the connection is cut.
    if (!stream.requests.empty() && !stream.requests.back().complete)
      stream.requests.pop_back();
  }

  void save_config(std::string) override {}

  void save_states(std::vector<saveable_state> states) override {
    for (const auto& state : states) {
      INFO(state.key << "=" << state.state);
      // A reset, of a stream whose table was replaced by a part.
      if (state.state == "null")
        continue;
      const auto& said = states_.at(state.state);
      REQUIRE(said.key == state.key);
      for (auto [s, rows] : said.needs)
        for (size_t i = 0; i < rows; ++i)
          REQUIRE(streams_[s].committed[i]);
      auto version = std::stoi(state.state);
      saved_[state.key] = version;
      if (!state.supersedes)
        continue;
      // The newest kind counts.
      auto kind = kind_of_state(state.key);
      REQUIRE((version > newest_saved_ || kind == newest_kind_));
      newest_saved_ = std::max(newest_saved_, version);
      newest_kind_ = kind;
    }
    unanswered_.push_back(states.size());
  }

  void log(log_level, std::string) override {}

  /// Lets the destination or the database do something.
  void answer(read_session& session) {
    auto s = pick(streams_.size());
    auto& stream = streams_[s];
    auto what = pick(8);
    if (!unanswered_.empty() && what == 0) {
      auto count = unanswered_.front();
      unanswered_.pop_front();
      if (!calm_ && pick(20) == 0) {
        refused_ = true;
        session.on_states_refused({ec::database_rejected, "refused"}, count);
      } else {
        session.on_states_saved(count);
      }
    } else if (stream.abort_asked && stream.requests.empty() && what < 3) {
      stream.abort_asked = false;
      stream.dead = true;
      stream.requests.clear();
      session.on_aborted(s);
    } else if (!stream.dead && !stream.requests.empty()
               && stream.requests.front().complete && what < 6) {
      auto done = std::move(stream.requests.front());
      stream.requests.pop_front();
      for (auto row : done.rows)
        stream.committed[row] = true;
      session.on_commit(s, done.number, now);
    } else if (!calm_ && !stream.dead && !stream.requests.empty() && what == 7
               && pick(15) == 0) {
      stream.dead = true;
      stream.abort_asked = false;
      stream.requests.clear();
      session.on_failure(s, {ec::destination_rejected, "refused"});
    }
  }

  bool idle() const {
    for (const auto& stream : streams_) {
      if (stream.abort_asked)
        return false;
      if (!stream.dead)
        for (const auto& u : stream.requests)
          if (u.complete)
            return false;
    }
    return unanswered_.empty();
  }

  struct request {
    uint64_t number;
    std::vector<size_t> rows;
    bool complete;
  };

  struct stream_truth {
    bool joins = false;
    bool dead = false;
    bool abort_asked = false;
    uint64_t opened = 0;
    std::deque<request> requests;
    std::vector<bool> committed;
    uint64_t rejected = 0;
    bool incomplete = false;
    bool complete = false;
    bool ever_complete = false;
    bool error = false;
    bool seen = false;
  };

  struct state_truth {
    std::string key;
    std::map<size_t, size_t> needs;
    bool supersedes = true;
  };

  std::mt19937 random_;
  bool calm_ = false;
  bool refused_ = false;
  session_time now{0};
  std::vector<stream_truth> streams_;
  std::map<std::string, state_truth> states_;
  std::map<std::string, int> saved_;
  int newest_saved_ = 0;
  state_kind newest_kind_ = state_kind::stream;
  std::map<const block*, std::vector<size_t>> blocks_;
  /// Keeps the addresses of blocks apart.
  std::vector<block_ptr> kept_blocks_;
  std::deque<size_t> unanswered_;
};

} // namespace motorcade::test
