// The trial of a destination: what it leaves there.
#include "runtime/destination/trial.hpp"
#include "support/warehouses.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::support;

using strings = std::vector<std::string>;

namespace {

/// @returns why the place cannot be used.
std::string told(destination& to, const trial_request& trial) {
  const auto tried = try_destination(to, trial, [] { return false; });
  return tried ? "it can be used" : tried.error().what;
}

} // namespace

TEMPLATE_LIST_TEST_CASE("a trial leaves no table behind", "", warehouses) {
  TestType world;
  REQUIRE(world.send(request_for("mine"), {R"({"a":1})"}).committed());
  CHECK(told(*world.to, {"sync", "t1", ""}) == "it can be used");
  CHECK(world.tables() == strings{"mine"});
}
