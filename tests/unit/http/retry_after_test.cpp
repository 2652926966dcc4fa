#include "runtime/http/client/retry_after.hpp"

#include <catch2/catch_all.hpp>

#include <ctime>
#include <optional>
#include <vector>

using namespace motorcade;
using namespace std::chrono_literals;

TEST_CASE("Retry-After is seconds or a date, and a day at most") {
  struct row {
    std::string text;
    std::optional<std::chrono::milliseconds> wait;
  };

  for (const auto& [text, wait] :
       std::vector<row>{{"7", 7s},
                        {"0", 0s},
                        {"86400", 24h},
                        {"99999999999", 24h},
                        {"99999999999999999999", std::nullopt},
                        {"", std::nullopt},
                        {"soon", std::nullopt},
                        {"-1", std::nullopt},
                        {"7s", std::nullopt},
                        {"20151021", 24h},
                        {"Wed, 21 Oct 2015 07:28:00 GMT", 0s}}) {
    INFO(text);
    CHECK(parse_retry_after(text) == wait);
  }
  char date[64];
  const auto later = std::time(nullptr) + 100;
  tm parts = {};
  std::strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT",
                ::gmtime_r(&later, &parts));
  const auto wait = parse_retry_after(date);
  REQUIRE(wait);
  CHECK((*wait > 90s && *wait <= 100s));
}
