#include "runtime/http/client/send_nap.hpp"

#include <catch2/catch_all.hpp>

#include <chrono>
#include <string>
#include <tuple>
#include <vector>

using namespace motorcade;
using namespace std::chrono_literals;

TEST_CASE("a nap follows only what came fast") {
  struct step {
    /// Since the step before.
    std::chrono::microseconds after;
    std::vector<size_t> sent;
    bool nap;
  };

  const auto steps = GENERATE(table<std::string, std::vector<step>>({
      // Nothing is known of the time before.
      {"the first", {{0us, {1u << 20}, false}}},
      {"much in a moment", {{0us, {}, false}, {300us, {256u << 10}, true}}},
      {"in several pieces",
       {{0us, {}, false}, {1ms, {128u << 10, 127u << 10, 1u << 10}, true}}},
      {"one byte less", {{0us, {}, false}, {300us, {(256u << 10) - 1}, false}}},
      {"a moment too late", {{0us, {}, false}, {1001us, {256u << 10}, false}}},
      {"what came before the last time does not count",
       {{0us, {200u << 10}, false}, {300us, {200u << 10}, false}}},
      {"nothing came during the nap",
       {{0us, {}, false}, {300us, {1u << 20}, true}, {500us, {}, false}}},
      {"it goes on and on",
       {{0us, {}, false},
        {300us, {1u << 20}, true},
        {900us, {1u << 20}, true},
        {900us, {1u << 20}, true}}},
  }));
  INFO(std::get<0>(steps));
  send_nap nap;
  auto now = send_nap::clock::time_point{1h};
  for (const auto& one : std::get<1>(steps)) {
    now += one.after;
    for (const auto bytes : one.sent)
      nap.sent(bytes);
    CHECK(nap.is_due(now) == one.nap);
  }
}
