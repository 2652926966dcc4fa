// A bulker that is told to drop its open request.
#include "support/bulker_fixture.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(bulker_fixture, "an abort drops the open request") {
  open(1);
  write("1\n");
  abort();
  CHECK(where->last().aborted);
  CHECK(budget->used() == 0);
  CHECK(heard->empty());
  write("2\n");
  commit();
  abort();
  refuse(ec::cancelled);
  CHECK(*heard == strings{"abort 7"});
  open(2);
  pass(1min);
  CHECK(where->attempts.size() == 1);
}

TEST_CASE_METHOD(bulker_fixture,
                 "an abort lets a request that has ended be committed") {
  open(1);
  write("1\n");
  commit();
  open(2);
  abort();
  answer();
  CHECK(*heard == strings{"commit 7.1", "abort 7"});
  CHECK(where->attempts.size() == 1);
}

TEST_CASE_METHOD(bulker_fixture,
                 "an abort lets all requests that have ended go on") {
  open(1);
  write("1\n");
  commit();
  open(2);
  write("2\n");
  commit();
  open(3);
  write("3\n");
  refuse();
  abort();
  CHECK(heard->empty());
  pass(501ms);
  REQUIRE(where->attempts.size() == 2);
  CHECK(where->last().body == "1\n");
  CHECK_FALSE(where->last().aborted);
  answer();
  REQUIRE(where->attempts.size() == 3);
  CHECK(where->last().body == "2\n");
  auto good = GENERATE(false, true);
  if (good) {
    answer();
    CHECK(*heard == strings{"commit 7.1", "commit 7.2", "abort 7"});
  } else {
    refuse(ec::destination_rejected);
    CHECK(*heard
          == strings{"commit 7.1", "failure 7 destination_rejected 503 busy"});
  }
  CHECK(where->attempts.size() == 3);
  CHECK(budget->used() == 0);
}

TEST_CASE_METHOD(bulker_fixture,
                 "an abort during a pause drops the request at once") {
  open(1);
  write("1\n");
  refuse();
  abort();
  CHECK(*heard == strings{"abort 7"});
  pass(1min);
  CHECK(where->attempts.size() == 1);
  CHECK(budget->used() == 0);
}

TEST_CASE_METHOD(bulker_fixture,
                 "an abort without a request is answered at once") {
  auto failed = GENERATE(false, true);
  if (failed) {
    open(1);
    refuse(ec::destination_rejected);
    heard->clear();
  }
  abort();
  CHECK(*heard == strings{"abort 7"});
}
