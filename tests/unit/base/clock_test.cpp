#include "runtime/base/clock.hpp"

#include <catch2/catch_all.hpp>

#include <cstdint>
#include <random>

using namespace motorcade;

TEST_CASE("a time comes back from its spelling, to the microsecond") {
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random{seed};
  // The years 0000 to 9999.
  std::uniform_int_distribution<int64_t> micros{-62'167'219'200'000'000,
                                                253'402'300'799'999'999};
  for (int i = 0; i < 10'000; ++i) {
    wall_time time{std::chrono::microseconds{i == 0   ? micros.min()
                                             : i == 1 ? micros.max()
                                                      : micros(random)}};
    CHECK(from_iso8601_micros(to_iso8601_micros(time)) == time);
  }
  CHECK(from_iso8601_micros("2024-02-29T23:59:59.999999Z"));
}

TEST_CASE("other spellings and impossible times are no times") {
  for (const auto* text : {"",
                           "2024-01-01",
                           "2024-01-01T00:00:00Z",
                           "2024-01-01T00:00:00.000Z",
                           "2024-01-01 00:00:00.000000Z",
                           "2024-01-01T00:00:00.000000",
                           "2024-01-01T00:00:00.000000z",
                           "2024-01-01T00:00:00.000000Z ",
                           "2024-01-01T00:00:00.000000+00",
                           "+024-01-01T00:00:00.000000Z",
                           "2024-01-01T00:00:00.00000-Z",
                           "2024-1--01T00:00:00.000000Z",
                           "2023-02-29T00:00:00.000000Z",
                           "2024-13-01T00:00:00.000000Z",
                           "2024-00-01T00:00:00.000000Z",
                           "2024-01-00T00:00:00.000000Z",
                           "2024-01-32T00:00:00.000000Z",
                           "2024-01-01T24:00:00.000000Z",
                           "2024-01-01T00:60:00.000000Z",
                           "2024-01-01T00:00:60.000000Z",
                           "12024-01-01T00:00:00.000000Z"}) {
    CAPTURE(text);
    CHECK_FALSE(from_iso8601_micros(text));
  }
}

TEST_CASE("times with years of other than four digits are spelled, too") {
  using namespace std::chrono;

  const struct {
    int year;
    std::string spelling;
  } rows[] = {{0, "0000-02-03T04:05:06.000007Z"},
              {9999, "9999-02-03T04:05:06.000007Z"},
              {10'000, "10000-02-03T04:05:06.000007Z"},
              {-1, "-001-02-03T04:05:06.000007Z"}};

  for (const auto& [number, spelling] : rows)
    CHECK(
        to_iso8601_micros(sys_days{year{number} / 2 / 3} + 4h + 5min + 6s + 7us)
        == spelling);
}
