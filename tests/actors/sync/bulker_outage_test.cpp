#include "support/bulker_fixture.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(bulker_fixture,
                 "the task's log says that a destination is away, and back") {
  open(1);
  write("1\n");
  commit();
  CHECK(lines->empty());
  for (int i = 0; i < 4; ++i) {
    refuse();
    pass(8s);
  }
  REQUIRE(lines->size() == 2);
  CHECK_THAT(lines->front(),
             Catch::Matchers::StartsWith(
                 "WARN stream a: the destination memory:t1 is not available: "
                 "503 busy; 1 attempt failed, it is tried again until "));
  CHECK_THAT(lines->back(),
             Catch::Matchers::ContainsSubstring("; 3 attempts failed, "));
  answer();
  REQUIRE(lines->size() == 3);
  CHECK_THAT(lines->back(),
             Catch::Matchers::StartsWith(
                 "INFO stream a: the destination memory:t1 is available again, "
                 "after 4 failed attempts in "));
}
