#include "actors/supervision/launch_budget.hpp"

#include <catch2/catch_all.hpp>

using motorcade::launch_budget;

TEST_CASE(
    "launches are bounded by number, and by bytes together with waiting starts",
    "[launch_budget]") {
  launch_budget budget{2, 100};
  CHECK(budget.may_launch(100));
  CHECK_FALSE(budget.may_launch(101));
  CHECK(budget.has_room_for(100));
  CHECK_FALSE(budget.has_room_for(101));
  SECTION("by number") {
    budget.begin_launch(0);
    CHECK(budget.may_launch(100));
    budget.begin_launch(0);
    CHECK_FALSE(budget.may_launch(0));
    // What waits does not count as a launch.
    CHECK(budget.has_room_for(100));
    budget.end_launch(0);
    CHECK(budget.may_launch(100));
  }
  SECTION("by bytes of both") {
    budget.begin_launch(30);
    budget.hold(50);
    CHECK(budget.has_room_for(20));
    CHECK_FALSE(budget.has_room_for(21));
    CHECK(budget.may_launch(20));
    CHECK_FALSE(budget.may_launch(21));
    budget.let_go(50);
    CHECK(budget.may_launch(70));
    budget.end_launch(30);
    CHECK(budget.may_launch(100));
  }
}
