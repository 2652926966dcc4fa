#include "schema/base/counted.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("a noun and its verb agree with their number") {
  const struct {
    uint64_t n;
    const char* noun;
    const char* with_verb;
  } rows[] = {
      {0, "0 rows", "0 rows were"},
      {1, "1 row", "1 row was"},
      {2, "2 rows", "2 rows were"},
      {101, "101 rows", "101 rows were"},
  };

  for (const auto& [n, noun, with_verb] : rows) {
    CHECK(counted(n, "row") == noun);
    CHECK(counted(n, "row", "was", "were") == with_verb);
  }
}
