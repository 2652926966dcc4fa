#include "controller/records/database_probe.hpp"

#include <catch2/catch_all.hpp>

#include <atomic>
#include <future>

using namespace motorcade;
using namespace std::chrono_literals;

TEST_CASE("no caller waits for a check without an end") {
  std::promise<void> go_on;
  auto gate = go_on.get_future().share();
  std::atomic<int> looks = 0;
  database_probe probe{[&]() -> result<void> {
                         ++looks;
                         gate.wait();
                         return {};
                       },
                       1h};
  for (int i = 0; i < 3; ++i) {
    auto answer = probe.ask(10ms);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ec::timed_out);
  }
  CHECK(looks == 1);
  go_on.set_value();
  CHECK(probe.ask(1min));
}

TEST_CASE("the outcome of a check is reused for a while, then checked anew") {
  std::atomic<int> looks = 0;
  auto look = [&]() -> result<void> {
    if (++looks == 1)
      return failure{ec::database_unavailable, "away"};
    return {};
  };
  database_probe lasting{look, 1h};
  CHECK_FALSE(lasting.ask(1min));
  CHECK_FALSE(lasting.ask(1min));
  CHECK(looks == 1);
  looks = 0;
  database_probe fleeting{look, 1ms};
  (void)fleeting.ask(1min);
  CHECK(looks >= 1);
}
