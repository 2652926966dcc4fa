#include "actors/session/read_session.hpp"
#include "support/perverse_backend.hpp"

#include <nlohmann/json.hpp>

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>

using namespace motorcade;
using namespace motorcade::test;

namespace {

/// One life of a session from the first line to the last answer.
class life {
public:
  explicit life(unsigned seed) : w_{seed} {
    read_session_settings settings;
    settings.pace = {1 + w_.pick(20), 1 + w_.pick(200),
                     std::chrono::seconds{w_.pick(60)}};
    if (w_.pick(3) == 0)
      settings.open_bytes_limit = w_.pick(300);
    settings.held_bytes_limit = w_.pick(2) == 0 ? w_.pick(100) : UINT64_MAX;
    settings.requests_are_kept = w_.pick(2) == 0;
    settings.commits_are_costly = w_.pick(2) == 0;
    if (w_.pick(2) == 0)
      settings.longest_request = session_time::max();
    nothing_twice_ = settings.requests_are_kept
                     && settings.longest_request == session_time::max();
    auto count = 1 + w_.pick(4);
    w_.streams_.resize(count);
    for (size_t i = 0; i < count; ++i) {
      session_stream stream;
      stream.id.name = "s" + std::to_string(i);
      stream.incremental = w_.pick(2) == 0;
      stream.state_given = w_.pick(2) == 0;
      w_.streams_[i].joins = stream.incremental && stream.state_given;
      ids_.push_back(stream.id);
      settings.streams.push_back(std::move(stream));
    }
    session_.emplace(std::move(settings), w_, w_.now);
  }

  void run() {
    auto events = w_.pick(80);
    for (size_t i = 0; i < events; ++i) {
      for (auto n = w_.pick(3); n > 0; --n)
        w_.answer(*session_);
      speak();
    }
    end();
    settle();
    judge();
  }

private:
  void say(parsed_slab::item item) {
    parsed_slab slab;
    slab.lines = 1;
    slab.items.push_back(std::move(item));
    session_->on_slab(slab, w_.now);
  }

  void speak() {
    auto s = w_.pick(ids_.size());
    auto& truth = w_.streams_[s];
    switch (w_.pick(24)) {
    default: {
      truth.seen = true;
      auto count = 1 + w_.pick(6);
      row_batch batch;
      batch.stream = static_cast<uint32_t>(s);
      batch.rows =
          make_block(std::string(count * (1 + w_.pick(20)), '\n'), count);
      w_.kept_blocks_.push_back(batch.rows);
      for (size_t i = 0; i < count; ++i) {
        w_.blocks_[batch.rows.get()].push_back(truth.committed.size());
        truth.committed.push_back(false);
      }
      say(std::move(batch));
      // A report of its end would have been too early.
      truth.complete = false;
      break;
    }
    case 10:
    case 11:
    case 12:
    case 13: {
      truth.seen = true;
      auto value = std::to_string(++version_);
      w_.states_[value] = {ids_[s].key(),
                           {{s, truth.committed.size()}},
                           session_->stream(s).config.incremental};
      say(message{state_message{state_kind::stream, ids_[s], value, {}}});
      break;
    }
    case 14:
    case 15: {
      auto legacy = w_.pick(2) == 0;
      auto value = std::to_string(++version_);
      auto& truth_of = w_.states_[value];
      truth_of.key = legacy ? "_LEGACY_STATE" : "_GLOBAL_STATE";
      for (size_t i = 0; i < ids_.size(); ++i)
        truth_of.needs[i] = w_.streams_[i].committed.size();
      say(message{state_message{
          legacy ? state_kind::legacy : state_kind::global, {}, value, {}}});
      break;
    }
    case 16:
      truth.seen = truth.complete = truth.ever_complete = true;
      say(message{stream_status_trace{
          ids_[s], stream_status_trace::status::complete, {}}});
      break;
    case 17:
      if (w_.pick(5) != 0)
        break;
      truth.seen = truth.incomplete = true;
      say(message{stream_status_trace{
          ids_[s], stream_status_trace::status::incomplete, {}}});
      break;
    case 18: {
      if (w_.pick(10) != 0)
        break;
      error_trace trace;
      trace.message = "it broke";
      truth.seen = true;
      truth.error = true;
      trace.stream = ids_[s];
      say(message{std::move(trace)});
      break;
    }
    case 19: {
      if (w_.pick(10) != 0)
        break;
      parsed_slab slab;
      slab.lines = 1;
      slab.rejected.push_back({ids_[s].key(), 1});
      ++truth.rejected;
      truth.seen = true;
      session_->on_slab(slab, w_.now);
      break;
    }
    case 20:
    case 21:
    case 22:
      w_.now +=
          std::chrono::seconds{w_.pick(2) == 0 ? w_.pick(40) : w_.pick(2000)};
      session_->on_tick(w_.now);
      break;
    }
  }

  void end() {
    // Mostly as it should be, or there would be no success to judge.
    why_ = w_.pick(3) > 0 ? session_end::source_ended
                          : static_cast<session_end>(w_.pick(5));
    code_ = std::nullopt;
    if (why_ == session_end::source_ended && w_.pick(3) > 0)
      code_ = w_.pick(4) > 0 ? 0 : static_cast<int>(w_.pick(3)) - 1;
    session_->end(why_, code_, "a reason");
    if (w_.pick(8) == 0) {
      for (auto n = w_.pick(6); n > 0; --n)
        w_.answer(*session_);
      session_->cancel_rest();
    }
    if (w_.pick(20) == 0) {
      // Later commits are not reported.
      nothing_twice_ = false;
      session_->give_up("no answer came in time");
      session_->give_up_storing();
      REQUIRE(session_->settled());
    }
  }

  void settle() {
    if (w_.pick(2) == 0)
      w_.calm();
    for (int i = 0; i < 100'000 && !w_.idle(); ++i) {
      w_.answer(*session_);
      // No state of the answers may break what is shown meanwhile.
      describe(session_->summaries());
    }
    REQUIRE(w_.idle());
    REQUIRE(session_->settled());
  }

  void judge() {
    auto outcome = session_->outcome();
    uint64_t committed = 0;
    auto whole = true;
    for (size_t s = 0; s < ids_.size(); ++s) {
      const auto& truth = w_.streams_[s];
      const auto& told = session_->stream(s);
      REQUIRE(told.rows == truth.committed.size());
      REQUIRE(told.rows == told.committed_rows + told.failed_rows);
      REQUIRE(told.rejected_rows == truth.rejected);
      auto really = static_cast<uint64_t>(
          std::count(truth.committed.begin(), truth.committed.end(), true));
      REQUIRE(told.committed_rows <= really);
      committed += told.committed_rows;
      auto good = really == truth.committed.size() && !truth.incomplete
                  && !truth.error && truth.rejected == 0;
      whole = whole && good;
      auto status = told.status();
      REQUIRE(status != stream_status::pending);
      REQUIRE(status != stream_status::running);
      if (status == stream_status::success) {
        REQUIRE(good);
        REQUIRE((truth.complete || why_ == session_end::source_ended));
      } else {
        REQUIRE(told.failure());
      }
    }
    REQUIRE(outcome.status != task_status::running);
    if (outcome.status == task_status::success) {
      REQUIRE(whole);
      REQUIRE(!w_.refused_);
      REQUIRE(code_.value_or(0) == 0);
      REQUIRE_FALSE(outcome.reason);
      judge_states();
    } else {
      REQUIRE(outcome.reason);
    }
    auto metrics = nlohmann::json::parse(session_->metrics(nullptr));
    REQUIRE(metrics["committed_rows"] == committed);
    REQUIRE(metrics["rows"]
            == metrics["committed_rows"].get<uint64_t>()
                   + metrics["rejected_rows"].get<uint64_t>()
                   + metrics["failed_rows"].get<uint64_t>());
    judge_repetition();
  }

  /// Everything is committed, so the newest state of each key is saved, unless
  /// a newer one of another kind ended it.
  void judge_states() {
    std::map<std::string, int> newest;
    for (const auto& [value, state] : w_.states_)
      newest[state.key] = std::max(newest[state.key], std::stoi(value));
    for (const auto& [key, version] : newest) {
      auto ended = false;
      for (const auto& [value, state] : w_.states_)
        ended = ended
                || (state.supersedes && std::stoi(value) > version
                    && kind_of_state(state.key) != kind_of_state(key));
      INFO(key);
      if (!ended)
        REQUIRE(w_.saved_[key] == version);
    }
  }

  /// Rows that the next read brings again must not be in the table.
  void judge_repetition() {
    const auto& truth = w_.streams_[0];
    if (!nothing_twice_ || ids_.size() > 1 || truth.ever_complete
        || session_->stream(0).end == stream_end::complete
        || !session_->stream(0).config.incremental
        || session_->stream(0).status() == stream_status::success)
      return;
    size_t covered = 0;
    for (const auto& [key, version] : w_.saved_)
      covered =
          std::max(covered, w_.states_.at(std::to_string(version)).needs.at(0));
    for (size_t i = covered; i < truth.committed.size(); ++i)
      REQUIRE_FALSE(truth.committed[i]);
    ++seen_repetitions;
  }

  perverse_backend w_;
  std::vector<stream_id> ids_;
  std::optional<read_session> session_;
  int version_ = 0;
  /// No request may end behind a state but for the stream's end.
  bool nothing_twice_ = false;
  session_end why_ = session_end::source_ended;
  std::optional<int> code_;

public:
  task_status status() const { return session_->outcome().status; }

  /// The number of checks for rows that would come twice.
  static inline int seen_repetitions = 0;
};

} // namespace

TEST_CASE("no order of events saves a state early or reports SUCCESS wrongly") {
  auto base = std::random_device{}();
  std::map<task_status, int> seen;
  for (unsigned round = 0; round < 10'000; ++round) {
    auto seed = base + round;
    INFO("seed " << seed);
    life one{seed};
    one.run();
    ++seen[one.status()];
  }
  // The judge must have had something to judge.
  CHECK(seen[task_status::success] > 100);
  CHECK(seen[task_status::partial] > 100);
  CHECK(seen[task_status::failed] > 100);
  CHECK(seen[task_status::cancelled] > 100);
  CHECK(life::seen_repetitions > 5);
}
