#include "config/environment.hpp"

#include <catch2/catch_all.hpp>

#include <cstdlib>

using namespace motorcade;

TEST_CASE("environments are looked up in order") {
  const auto both =
      override_environment(make_environment({{"A", "1"}}),
                           make_environment({{"A", "2"}, {"B", "3"}}));
  CHECK(both("A") == "1");
  CHECK(both("B") == "3");
  CHECK_FALSE(both("C"));
  REQUIRE(::setenv("MOTORCADE_SETTINGS_TEST", "a=b", 1) == 0);
  const auto own = process_environment();
  REQUIRE(::unsetenv("MOTORCADE_SETTINGS_TEST") == 0);
  CHECK(own("MOTORCADE_SETTINGS_TEST") == "a=b");
  CHECK_FALSE(own("MOTORCADE_SETTINGS_TEST=a"));
}
