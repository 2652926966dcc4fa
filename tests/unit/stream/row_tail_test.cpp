// The columns that ADD_META adds at a row's end.

#include "runtime/base/clock.hpp"
#include "runtime/stream/row_tail.hpp"

#include <catch2/catch_all.hpp>

#include <optional>

using namespace motorcade;

TEST_CASE("a row's time is that of the record, in any form") {
  struct given {
    std::string emitted_at;
    /// Nothing: it is no time, so that the row's time is now.
    std::optional<std::string> time;
  };

  const std::string same = "2024-05-01T12:00:00.123Z";
  row_tail tail{{row_meta::airbyte, "s", {"0"}}};
  for (const auto& [emitted_at, time] :
       {given{"1714564800123", same}, given{"1714564800123 ", same},
        given{"1714564800123.9", same}, given{"1.7145648001239E12", same},
        given{"1.7145648001239e+12 ", same},
        given{"0", "1970-01-01T00:00:00.000Z"},
        given{"0e0", "1970-01-01T00:00:00.000Z"},
        given{"253402300799999", "9999-12-31T23:59:59.999Z"},
        given{"253402300800000", std::nullopt},
        given{"2.534023008e14", std::nullopt}, given{"1e400", std::nullopt},
        given{"1e-400", std::nullopt}, given{"-5", std::nullopt},
        given{"-1.5E1", std::nullopt}, given{"-1e300", std::nullopt},
        given{"-0.9", std::nullopt}, given{"-1e400", std::nullopt},
        given{"99999999999999999999", std::nullopt}}) {
    INFO(emitted_at);
    record_message record;
    record.emitted_at = emitted_at;
    const auto before = to_iso8601_millis(utc_now());
    tail.make(0, record);
    const auto after = to_iso8601_millis(utc_now());
    const std::string text{tail.text()};
    const std::string key = R"("_airbyte_extracted_at":")";
    const auto at = text.find(key);
    REQUIRE(at != std::string::npos);
    const auto got = text.substr(at + key.size(), same.size());
    if (time)
      CHECK(got == *time);
    else
      CHECK((got >= before && got <= after));
  }
}
