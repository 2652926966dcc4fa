#include "runtime/destination/retry_notice.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

using namespace motorcade;
using namespace std::chrono_literals;

namespace {

const retry_notice::time notice_start{1h};
const wall_time notice_end =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 29} + 17h + 5min;

} // namespace

TEST_CASE("a person is told of the first failed attempt and of later ones") {
  retry_notice notice{"the destination postgres://db:5432/app public.users"};
  std::vector<std::chrono::seconds> told;
  std::vector<std::string> lines;
  for (auto at = 0s; at < 5min; at += 1s)
    if (auto line = notice.failed("connection refused", notice_start + at,
                                  notice_end)) {
      told.push_back(at);
      lines.push_back(*line);
    }
  CHECK(told == std::vector<std::chrono::seconds>{0s, 10s, 30s, 70s, 150s});
  REQUIRE(lines.size() == 5);
  CHECK(lines[0]
        == "the destination postgres://db:5432/app public.users is not "
           "available: connection refused; 1 attempt failed, it is tried again "
           "until 2026-11-29T17:05:00.000Z");
  CHECK(lines[1].find("; 11 attempts failed, ") != std::string::npos);
  CHECK(notice.succeeded(notice_start + 5min)
        == "the destination postgres://db:5432/app public.users is available "
           "again, after 300 failed attempts in 300 seconds");
}

TEST_CASE("what goes well is not told, nor is every one of many outages") {
  retry_notice notice{"it"};
  CHECK_FALSE(notice.succeeded(notice_start));
  size_t lines = 0;
  for (int i = 0; i < 100; ++i) {
    const auto at = notice_start + i * 1s;
    const auto failed = notice.failed("busy", at, notice_end).has_value();
    // An end is told exactly if its beginning was.
    CHECK(notice.succeeded(at).has_value() == failed);
    lines += failed ? 1 : 0;
  }
  CHECK(lines == 4);
  // Long after, it is an outage of its own.
  CHECK(notice.failed("busy", notice_start + 1h, notice_end));
  CHECK(notice.failed("busy", notice_start + 1h + 10s, notice_end));
}
