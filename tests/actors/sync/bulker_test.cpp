#include "support/bulker_fixture.hpp"

#include <catch2/catch_all.hpp>

#include <map>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(bulker_fixture,
                 "a bulker brings a request to the destination") {
  open(1);
  REQUIRE(where->attempts.size() == 1);
  CHECK(where->last().request.table == "t1");
  write("1\n");
  write("2\n");
  CHECK(where->last().body == "1\n2\n");
  CHECK(budget->used() == 4);
  CHECK_FALSE(where->last().finished);
  commit();
  CHECK(where->last().finished);
  CHECK(heard->empty());
  answer();
  CHECK(*heard == strings{"commit 7.1"});
  CHECK(budget->used() == 0);
  CHECK(where->last().closed);
}

TEST_CASE_METHOD(bulker_fixture,
                 "a bulker counts what committed requests did") {
  for (uint64_t number : {1, 2}) {
    open(number);
    write("1\n");
    commit();
    upload_outcome outcome;
    outcome.summary =
        load_summary{2, number == 1 ? 3U : 0U, 5, std::chrono::milliseconds{20},
                     std::chrono::milliseconds{300}};
    where->last().done(outcome);
    run();
  }
  CHECK(totals->columns_added == 4);
  CHECK(totals->values_unmapped == 3);
  std::map<metric, double> values;
  for (const auto& sample : metrics->read())
    values[sample.which] =
        sample.which == metric::load_time || sample.which == metric::merge_time
            ? sample.distribution.sum
            : sample.value;
  CHECK(values[metric::merged_rows] == 10);
  CHECK(values[metric::added_columns] == 4);
  CHECK(values[metric::unmapped_values] == 3);
  CHECK(values[metric::load_time] == Catch::Approx(0.04));
  CHECK(values[metric::merge_time] == Catch::Approx(0.6));
}

TEST_CASE_METHOD(bulker_fixture,
                 "a second request starts after the first's answer") {
  open(1);
  write("1\n");
  commit();
  open(2);
  write("2\n");
  commit();
  CHECK(where->attempts.size() == 1);
  CHECK(where->last().body == "1\n");
  answer();
  REQUIRE(where->attempts.size() == 2);
  CHECK(where->last().request.table == "t2");
  CHECK(where->last().body == "2\n");
  CHECK(where->last().finished);
  answer();
  CHECK(*heard == strings{"commit 7.1", "commit 7.2"});
}

TEST_CASE_METHOD(bulker_fixture,
                 "a request that failed is sent again after a pause") {
  open(1);
  write("1\n");
  write("2\n");
  refuse();
  CHECK(where->attempts.size() == 1);
  // Half of the first 500 ms is by chance.
  pass(249ms);
  CHECK(where->attempts.size() == 1);
  // Rows that come meanwhile are not lost.
  write("3\n");
  pass(252ms);
  REQUIRE(where->attempts.size() == 2);
  CHECK(where->last().body == "1\n2\n3\n");
  CHECK_FALSE(where->last().finished);
  commit();
  CHECK(where->last().finished);
  CHECK(budget->used() == 6);
  answer();
  CHECK(*heard == strings{"commit 7.1"});
  CHECK(budget->used() == 0);
}

TEST_CASE_METHOD(bulker_fixture,
                 "a request that ends during the pause is sent whole") {
  open(1);
  write("1\n");
  refuse();
  commit();
  open(2);
  write("2\n");
  pass(501ms);
  REQUIRE(where->attempts.size() == 2);
  CHECK(where->last().body == "1\n");
  CHECK(where->last().finished);
}

TEST_CASE_METHOD(bulker_fixture,
                 "pauses grow up to a limit, and patience ends") {
  open(1);
  write("1\n");
  commit();
  std::vector<std::chrono::milliseconds> longest = {
      500ms, 1000ms, 2000ms, 4000ms, 8000ms, 15000ms, 15000ms};
  for (auto pause : longest) {
    auto before = where->attempts.size();
    refuse();
    pass(pause / 2 - 1ms);
    CHECK(where->attempts.size() == before);
    pass(pause / 2 + 2ms);
    CHECK(where->attempts.size() == before + 1);
  }
  for (int i = 0; i < 100 && heard->empty(); ++i) {
    refuse();
    pass(15s);
  }
  REQUIRE(heard->size() == 1);
  CHECK(
      heard->front().find("failure 7 destination_unavailable 503 busy (after ")
      == 0);
  CHECK(budget->used() == 0);
  auto attempts = where->attempts.size();
  open(2);
  write("2\n");
  commit();
  pass(5min);
  CHECK(where->attempts.size() == attempts);
}

TEST_CASE_METHOD(bulker_fixture, "half of a long pause is random, too") {
  constexpr size_t many = 60;
  request_backoff policy;
  policy.first_pause = policy.longest_pause = 15s;
  std::vector<bulker_actor> bulkers;
  for (size_t i = 0; i < many; ++i) {
    bulkers.push_back(spawn(bulker, listener,
                            bulker_settings{i, "a", where, budget, policy}));
    subject = bulkers.back();
    open(1);
    refuse();
  }
  pass(7s);
  CHECK(where->attempts.size() == many);
  pass(4s);
  auto early = where->attempts.size() - many;
  CHECK(early > 0);
  CHECK(early < many);
  pass(5s);
  CHECK(where->attempts.size() == 2 * many);
}

TEST_CASE_METHOD(bulker_fixture, "pauses begin anew after a success") {
  open(1);
  write("1\n");
  commit();
  for (int i = 0; i < 4; ++i) {
    refuse();
    pass(8s);
  }
  answer();
  open(2);
  write("2\n");
  commit();
  refuse();
  pass(501ms);
  CHECK(where->attempts.size() == 7);
}

TEST_CASE_METHOD(bulker_fixture, "a server may ask for a longer pause") {
  open(1);
  write("1\n");
  refuse(ec::destination_unavailable, 20s);
  pass(19'999ms);
  CHECK(where->attempts.size() == 1);
  pass(50ms);
  CHECK(where->attempts.size() == 2);
  // But not for one that is longer than our patience.
  refuse(ec::destination_unavailable, 24h);
  pass(299s);
  CHECK(where->attempts.size() == 2);
  pass(2s);
  CHECK(where->attempts.size() == 3);
}

TEST_CASE_METHOD(bulker_fixture,
                 "a request that is refused is not sent again") {
  open(1);
  write("1\n");
  open(2);
  refuse(ec::destination_rejected);
  CHECK(*heard == strings{"failure 7 destination_rejected 503 busy"});
  pass(1min);
  CHECK(where->attempts.size() == 1);
  CHECK(budget->used() == 0);
}

TEST_CASE_METHOD(bulker_fixture, "an answer of an older attempt is no answer") {
  open(1);
  write("1\n");
  refuse();
  pass(501ms);
  where->attempts[0]->commit();
  run();
  CHECK(heard->empty());
  commit();
  answer();
  CHECK(*heard == strings{"commit 7.1"});
}

TEST_CASE_METHOD(
    bulker_fixture,
    "a call of the destination after the bulker's death is harmless") {
  open(1);
  write("1\n");
  CHECK(budget->used() == 2);
  caf::anon_send_exit(subject, caf::exit_reason::kill);
  run();
  subject = nullptr;
  CHECK(budget->used() == 0);
  CHECK(where->last().closed);
  answer();
  CHECK(heard->empty());
}

TEST_CASE_METHOD(bulker_fixture,
                 "each attempt at a request is given its states, no other is") {
  const auto note = std::make_shared<shared_note>(state_note{"a", "1", {}}, 1);
  open(1);
  write("1\n");
  tell(subject,
       std::make_shared<const commit_terms>(commit_terms{{note}, nullptr}));
  commit();
  CHECK(where->last().finished);
  CHECK(where->last().notes == state_notes{note});
  refuse();
  pass(1min);
  REQUIRE(where->attempts.size() == 2);
  CHECK(where->last().notes == state_notes{note});
  answer();
  open(2);
  write("2\n");
  commit();
  REQUIRE(where->attempts.size() == 3);
  CHECK(where->last().notes.empty());
}
