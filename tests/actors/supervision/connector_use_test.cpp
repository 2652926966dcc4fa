#include "actors/supervision/connector_use.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace std::chrono_literals;

TEST_CASE("the use of a connector is logged as far as it is known") {
  connector_use use;
  SECTION("nothing is known") {
    CHECK_FALSE(use.describe({}));
  }
  SECTION("one look tells of no cores") {
    use.sample(0, uint64_t{300} << 20);
    CHECK_FALSE(use.describe({}));
    // Two do.
    use.sample(1.25, uint64_t{100} << 20);
    CHECK(use.describe({})
          == "the connector was seen to use 300 MiB of memory and 1.25 cores "
             "at most");
  }
  SECTION("it slept") {
    use.sample(0, uint64_t{7} << 20);
    use.sample(0.001, uint64_t{7} << 20);
    CHECK(use.describe({})
          == "the connector was seen to use 7 MiB of memory and less than 0.01 "
             "cores at most");
  }
  SECTION("the kernel counted") {
    use.sample(0, uint64_t{20} << 20);
    CHECK(use.describe(container_use{34'100ms, 36'000ms, uint64_t{12} << 20})
          == "the connector was seen to use 20 MiB of memory at most, and "
             "34.10 s of CPU in 36.0 s (0.95 cores on average)");
  }
  SECTION("the kernel counted next to nothing") {
    CHECK(use.describe(container_use{1ms, 10'000ms, 0})
          == "the connector was seen to use 0.00 s of CPU in 10.0 s (less than "
             "0.01 cores on average)");
  }
}
