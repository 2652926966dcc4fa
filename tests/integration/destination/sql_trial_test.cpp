// The trial of a destination: what it leaves there.
#include "runtime/destination/trial.hpp"
#ifdef WITH_MARIADB
#include "support/mysql_world.hpp"
#else
#include "support/warehouse_world.hpp"
#endif

#include <catch2/catch_all.hpp>

#include <tuple>

using namespace motorcade;
using namespace motorcade::support;

using strings = std::vector<std::string>;

namespace {

#ifdef WITH_MARIADB
using warehouses = std::tuple<mysql_warehouse>;
#else
using warehouses = std::tuple<postgres_warehouse, sqlite_warehouse>;
#endif

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
