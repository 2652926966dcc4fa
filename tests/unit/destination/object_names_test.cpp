// Names of objects, and which of them a table's requests may have made.
#include "runtime/destination/object_storage/object_names.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

upload_request request_of(const std::string& table, write_mode mode,
                          uint64_t unit = 1, const std::string& space = {}) {
  upload_request out;
  out.table = table;
  out.target_namespace = space;
  out.mode = mode;
  out.unit = unit;
  return out;
}

constexpr auto batch = write_mode::batch;
constexpr auto replace = write_mode::replace_table;

} // namespace

TEST_CASE("the objects of a table have their names") {
  auto now = *from_iso8601_micros("2026-02-03T04:05:06.700000Z");
  object_names names{"rows", ".ndjson", [&] {
                       return now;
                     }};
  CHECK(names.name_of(request_of("t", replace)) == "rows/t.ndjson");
  CHECK(names.name_of(request_of("t", replace, 2, "shop"))
        == "rows/shop/t.ndjson");
  CHECK(names.name_of(request_of("a/b %", batch, 1, ".x"))
        == "rows/%2Ex/a%2Fb %25_2026_02_03T04_05_06.ndjson");
  object_names bare{"", ".csv.gz", [&] {
                      return now;
                    }};
  CHECK(bare.name_of(request_of("t", replace)) == "t.csv.gz");
}

TEST_CASE("all attempts at a request have one name, and no two requests") {
  auto now = *from_iso8601_micros("2026-02-03T04:05:06.700000Z");
  object_names names{"r/[DATE]/[TIMESTAMP]", ".ndjson", [&] {
                       return now;
                     }};
  const std::string head = "r/2026-02-03/1770091506/t_2026_02_03T04_05_06";
  CHECK(names.name_of(request_of("t", batch, 1)) == head + ".ndjson");
  now += std::chrono::hours{30};
  CHECK(names.name_of(request_of("t", batch, 1)) == head + ".ndjson");
  CHECK(names.name_of(request_of("t", batch, 2)) == head + "_2.ndjson");
  CHECK(names.name_of(request_of("t", batch, 11)) == head + "_11.ndjson");
  CHECK(names.name_of(request_of("t", replace, 1))
        == "r/2026-02-03/1770091506/t.ndjson");
  CHECK(names.appended(request_of("t", batch)) == head);
  // Another table begins later.
  CHECK(names.name_of(request_of("u", batch, 1))
        == "r/2026-02-04/1770199506/u_2026_02_04T10_05_06.ndjson");
  names.move_on(request_of("t", batch));
  CHECK(names.name_of(request_of("t", batch, 2))
        == "r/2026-02-03/1770091506/t_2026_02_03T04_05_07_2.ndjson");
  CHECK(names.shown(request_of("t", batch)) == "r/[DATE]/[TIMESTAMP]/t.ndjson");
  // Requests without a number.
  CHECK(names.name_of(request_of("v", batch, 0))
        != names.name_of(request_of("v", batch, 0)));
}

TEST_CASE("all names that requests for a table may have made are known") {
  const auto request = request_of("t", batch, 1, "shop");
  const object_names plain{"rows", ".ndjson"};
  const object_names dated{"a/[DATE]-[TIMESTAMP]", ".csv"};
  CHECK(plain.common_beginning(request) == "rows/shop/t");
  CHECK(dated.common_beginning(request) == "a/");
  for (const auto* name :
       {"rows/shop/t.ndjson", "rows/shop/t.csv", "rows/shop/t.csv.gz",
        "rows/shop/t_2026_02_03T04_05_06.ndjson.gz",
        "rows/shop/t_2026_02_03T04_05_06_12.ndjson"})
    CHECK(plain.is_of_table(name, request));
  for (const auto* name :
       {"rows/shop/tt.ndjson", "rows/shop/t_x.ndjson", "rows/shop/t",
        "rows/t.ndjson", "shop/t.ndjson", "rows/shop/t.ndjson.bak",
        "rows/shop/t_2026_02_03T04_05_06_.ndjson",
        "rows/shop/t_2026_02_03T04_05.ndjson", "rows/shop/t.parquet", ""})
    CHECK_FALSE(plain.is_of_table(name, request));
  CHECK(dated.is_of_table("a/2026-02-03-17/shop/t.csv", request));
  CHECK(dated.is_of_table("a/2025-12-31-1/shop/t_2026_02_03T04_05_06.ndjson",
                          request));
  CHECK_FALSE(dated.is_of_table("a/2026-02-3-17/shop/t.csv", request));
  CHECK_FALSE(dated.is_of_table("a/2026-02-03-/shop/t.csv", request));
  CHECK(object_names("", ".csv").is_of_table("shop/t.csv", request));
}
