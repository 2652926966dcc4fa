#include "runtime/control_plane/heartbeat_schedule.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace std::chrono_literals;

namespace {

constexpr heartbeat_schedule::time start{};

result<api_answer> status(long code) {
  return api_answer{code, {}};
}

result<api_answer> nothing() {
  return failure{ec::service_unavailable, "no route"};
}

} // namespace

TEST_CASE("a workload is reported as running until that is accepted, then "
          "heartbeats follow") {
  heartbeat_schedule schedule{30s, 300s, start};
  CHECK(schedule.due() == start);
  CHECK_FALSE(schedule.on_answer(status(500), start));
  CHECK_FALSE(schedule.accepted());
  CHECK(schedule.due() == start + 10s);
  CHECK_FALSE(schedule.on_answer(nothing(), start + 10s));
  CHECK_FALSE(schedule.accepted());
  CHECK_FALSE(schedule.on_answer(status(204), start + 20s));
  CHECK(schedule.accepted());
  CHECK(schedule.due() == start + 50s);
  // Whatever follows, it stays accepted.
  CHECK_FALSE(schedule.on_answer(status(503), start + 50s));
  CHECK(schedule.accepted());
  CHECK(schedule.due() == start + 60s);
}

TEST_CASE("410 ends a workload at once") {
  heartbeat_schedule schedule{30s, 300s, start};
  if (GENERATE(false, true))
    CHECK_FALSE(schedule.on_answer(status(200), start));
  auto end = schedule.on_answer(status(410), start + 1s);
  REQUIRE(end);
  CHECK(end->code == ec::cancelled);
  CHECK(end->what.find("410") != std::string::npos);
}

TEST_CASE("five minutes without a success end a workload") {
  heartbeat_schedule schedule{30s, 300s, start};
  auto heard = GENERATE(false, true);
  auto since = start;
  if (heard) {
    since = start + 100s;
    CHECK_FALSE(schedule.on_answer(status(204), since));
  }
  auto bad = GENERATE(as<long>{}, 0, 404, 409, 429, 500);
  auto answer = bad == 0 ? nothing() : status(bad);
  CHECK_FALSE(schedule.on_answer(answer, since + 299s));
  // One success in between is enough.
  heartbeat_schedule saved = schedule;
  CHECK_FALSE(saved.on_answer(status(200), since + 299s));
  CHECK_FALSE(saved.on_answer(answer, since + 598s));
  auto end = schedule.on_answer(answer, since + 300s);
  REQUIRE(end);
  CHECK(end->code == ec::timed_out);
  CHECK(end->what.find("300 seconds") != std::string::npos);
  CHECK(end->what.find(bad == 0 ? "no route" : std::to_string(bad))
        != std::string::npos);
}
