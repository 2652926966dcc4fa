#include "actors/session/last_reading.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>
#include <string>

using namespace motorcade;
using namespace std::chrono_literals;

namespace {

/// @returns the steps with the seconds at which they are carried out, up to a
/// minute.
std::string play(bool ends_connector, session_time grace, int hurried_at) {
  std::string out;
  auto second = 0;
  auto note = [&](const char* step) {
    out += (out.empty() ? "" : " ") + std::to_string(second) + step;
  };
  last_reading last{
      {[&](int number) { note(number == SIGTERM ? "term" : "kill"); },
       [&] {
         note("stop");
       }},
      ends_connector,
      grace,
      0s};
  for (; second < 60; ++second) {
    const session_time now = std::chrono::seconds{second};
    if (second == hurried_at)
      last.hurry(now);
    if (last.carry_out(now)) {
      note("over");
      break;
    }
  }
  return out;
}

} // namespace

TEST_CASE("the steps of a last reading come once, in order and within the "
          "grace") {
  struct row {
    bool ends_connector;
    session_time grace;
    int hurried_at;
    std::string steps;
  };

  const row table[] = {
      {false, 30s, -1, "0stop 10over"},
      {true, 30s, -1, "0term 10kill 20stop 30over"},
      {true, 6s, -1, "0term 2kill 4stop 6over"},
      {true, 90s, -1, "0term 10kill 40stop"},
      {true, 0s, -1, "0term 0kill 0stop 0over"},
      {true, 30s, 0, "0stop 10over"},
      {true, 30s, 3, "0term 3stop 13over"},
      {true, 30s, 12, "0term 10kill 12stop 22over"},
      {true, 30s, 25, "0term 10kill 20stop 30over"},
      {false, 30s, 5, "0stop 10over"},
  };
  for (const auto& [ends_connector, grace, hurried_at, steps] : table) {
    INFO(steps);
    CHECK(play(ends_connector, grace, hurried_at) == steps);
  }
}
