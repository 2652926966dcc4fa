#include "config/values.hpp"

#include <catch2/catch_all.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace motorcade;
using namespace std::chrono_literals;

TEST_CASE("times of RFC 3339 are read exactly") {
  const auto micros = [](std::string_view text) -> std::optional<int64_t> {
    if (const auto time = parse_rfc3339(text))
      return time->time_since_epoch().count();
    return std::nullopt;
  };
  CHECK(micros("1970-01-01T00:00:00Z") == 0);
  CHECK(micros("1970-01-01t00:00:00z") == 0);
  CHECK(micros("1970-01-01 01:00:00+01:00") == 0);
  CHECK(micros("1969-12-31T23:30:00-00:30") == 0);
  CHECK(micros("1970-01-01T00:00:00.1234567Z") == 123456);
  CHECK(micros("1970-01-01T00:00:00.5Z") == 500000);
  CHECK(micros("2024-02-29T12:34:56Z") == 1709210096000000);
  CHECK(micros("1972-06-30T23:59:60Z") == 78796800000000);
  for (const std::string_view bad :
       {"", "1970-01-01", "1970-01-01T00:00:00", "1970-1-1T00:00:00Z",
        "2023-02-29T00:00:00Z", "1970-13-01T00:00:00Z", "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z", "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00+0100", "1970-01-01T00:00:00Zx",
        "0000-01-01T00:00:00Z", "1714564800"}) {
    INFO(bad);
    CHECK_FALSE(micros(bad));
  }
}

TEST_CASE("byte sizes keep their whole range") {
  CHECK(parse_byte_size("0") == 0u);
  CHECK(parse_byte_size("18446744073709551615") == ~uint64_t{0});
  CHECK(parse_byte_size("2 kib") == 2048u);
  CHECK(parse_byte_size("17179869183GiB") == (uint64_t{17179869183} << 30));
  for (const std::string_view bad :
       {"", "KiB", "1.5MiB", "18446744073709551616", "17179869184GiB", "+1",
        "1  KiB", "1 ", "0x10"}) {
    INFO(bad);
    CHECK_FALSE(parse_byte_size(bad));
  }
}

TEST_CASE("durations of ISO 8601 have units in their order") {
  const std::vector<std::pair<std::string, std::chrono::milliseconds>> table = {
      {"PT30S", 30s}, {"pt0.5s", 500ms}, {"PT1M30S", 90s},
      {"PT2H", 2h},   {"P1D", 24h},      {"P1DT1H1M1S", 25h + 61s},
      {"PT0S", 0s},   {"PT1.5H", 90min},
  };
  for (const auto& [text, wanted] : table) {
    INFO(text);
    const auto read = parse_iso8601_duration(text);
    REQUIRE(read);
    CHECK(*read == wanted);
  }
  for (const auto* text :
       {"",       "P",      "PT",          "30",    "30s",   "PT30", "P30S",
        "PT1S1M", "PT1S1S", "PT-1S",       "P1DT",  "PTS",   "P1Y",  "P1M",
        "PT1S ",  "PT1e3S", "PT99999999H", "1DT1H", "PTT1S", "P1D1D"}) {
    INFO(text);
    CHECK_FALSE(parse_iso8601_duration(text));
  }
}
