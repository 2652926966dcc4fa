// The contract of every destination that makes tables itself. One suite runs it
// with each server, so that it goes on if another server is missing.
#include "support/warehouses.hpp"

#include <catch2/catch_all.hpp>

#include <poll.h>

#include <chrono>
#include <type_traits>

using namespace motorcade;
using namespace motorcade::support;

using strings = std::vector<std::string>;

namespace {

constexpr auto replace = write_mode::replace_table;

/// Asks until it is so; fails the test after 30 s.
template <class Probe>
void wait_until(Probe is_so) {
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!is_so()) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    ::poll(nullptr, 0, 5);
  }
}

} // namespace

TEMPLATE_LIST_TEST_CASE("rows become a table", "", warehouses) {
  TestType world;
  commit(world.send(request_for("T.users", replace),
                    {R"({"id":1,"o":{"a":"x\ty"},"at":"2024-01-02T03:04:05Z"})",
                     R"({"id":2.5,"n":null,"new":[1]})"}));
  const auto& type = TestType::types;
  CHECK(world.columns("T_users")
        == strings{"at|" + type.timestamp, "id|" + type.floating,
                   "new|" + type.string, "o_a|" + type.string});
  CHECK(world.rows("SELECT id, o_a, new FROM " + world.schema
                   + ".\"T_users\" WHERE id > 2")
        == strings{"2.5|-|[1]"});
  CHECK(world.rows("SELECT o_a, new FROM " + world.schema
                   + ".\"T_users\" WHERE id = 1")
        == strings{"x\ty|-"});
  CHECK(world.tables() == strings{"T_users"});
}

TEMPLATE_LIST_TEST_CASE(
    "values of every type keep their text when a column widens", "",
    warehouses) {
  TestType world;
  commit(world.send(
      request_for("t", replace),
      {R"({"n":1,"a":true,"b":true,"c":7,"d":1.5,)"
       R"("e":"2024-01-02T03:04:05Z","f":"2024-01-02T03:04:05.12Z"})",
       R"({"n":2,"a":2,"b":"x","c":"x","d":"x","e":"x","f":5})"}));
  CHECK(world.rows("SELECT a, b, c, d, e, f FROM " + world.schema
                   + ".t ORDER BY n")
        == strings{"1|true|7|1.5|2024-01-02T03:04:05Z|2024-01-02T03:04:05.12Z",
                   "2|x|x|x|x|5"});
}

TEMPLATE_LIST_TEST_CASE("a later request adds columns and keeps types", "",
                        warehouses) {
  TestType world;
  commit(world.send(request_for("t"), {R"({"id":1,"a":1})"}));
  commit(world.send(request_for("t"),
                    {R"({"id":2,"a":"text","b":"x"})", R"({"id":3})"}));
  const auto& type = TestType::types;
  CHECK(world.columns("t")
        == strings{"_unmapped_data|" + type.json, "a|" + type.integer,
                   "b|" + type.string, "id|" + type.integer});
  CHECK(world.rows("SELECT id, a, b, replace("
                   + TestType::as_text("_unmapped_data") + ", ' ', '') FROM "
                   + world.schema + ".t ORDER BY id")
        == strings{"1|1|-|-", "2|-|x|{\"a\":\"text\"}", "3|-|-|-"});
}

TEMPLATE_LIST_TEST_CASE("a commit reports what it did to the table", "",
                        warehouses) {
  TestType world;

  struct step {
    upload_request request;
    strings rows;
    uint64_t columns_added = 0;
    uint64_t values_unmapped = 0;
    uint64_t rows_merged = 0;
  };

  const auto with_schema = [](upload_request request) {
    request.fields = {{"id", field_type::int64}, {"late", field_type::string}};
    return request;
  };
  for (const auto& one : std::vector<step>{
           // Neither of them makes a table.
           {with_schema(request_for("t")), {}},
           {with_schema(request_for("t", replace)), {}},
           {request_for("t"), {R"({"id":1})", R"({"id":2})"}, 1},
           {request_for("t"), {R"({"id":3})"}},
           // One of the columns is _unmapped_data.
           {request_for("t"), {R"({"id":"x"})", R"({"id":"y","n":1})"}, 2, 2},
           {with_schema(request_for("t")), {}},
           {with_schema(request_for("t", replace)), {}, 1},
           {keyed("k", {"id"}), {R"({"id":1})", R"({"id":1})"}, 1, 0, 2},
           {keyed("k", {"id"}, replace), {R"({"id":1,"n":1})"}, 1},
       }) {
    const auto outcome = world.send(one.request, one.rows);
    commit(outcome);
    CAPTURE(one.request.table, one.rows);
    REQUIRE(outcome.summary);
    CHECK(outcome.summary->columns_added == one.columns_added);
    CHECK(outcome.summary->values_unmapped == one.values_unmapped);
    CHECK(outcome.summary->rows_merged == one.rows_merged);
    CHECK((outcome.summary->loading.count() > 0) == !one.rows.empty());
    CHECK(outcome.summary->merging.count() > 0);
  }
}

TEMPLATE_LIST_TEST_CASE(
    "values that did not fit are listed in the column of changes", "",
    warehouses) {
  TestType world;
  auto request = request_for("t");
  request.fields = {{"id", field_type::int64},
                    {"_airbyte_meta", field_type::json}};
  request.changes_column = "_airbyte_meta";
  const std::string meta = R"("_airbyte_meta":{"sync_id":"s","changes":[]}})";
  commit(world.send(request, {R"({"id":1,)" + meta, R"({"id":"x",)" + meta}));
  // Each server spaces JSON, and orders its members, in its own way.
  const auto told = "CASE WHEN " + TestType::as_text("_airbyte_meta")
                    + " LIKE '%DESTINATION_TYPECAST_ERROR%' THEN 1 ELSE 0 END";
  CHECK(world.rows("SELECT " + told + ", "
                   + "CASE WHEN id IS NULL THEN 1 ELSE 0 END FROM "
                   + world.schema + ".t ORDER BY 1")
        == strings{"0|0", "1|1"});
}

TEMPLATE_LIST_TEST_CASE("batch merges by key, and the last row of a key wins",
                        "", warehouses) {
  TestType world;
  commit(world.send(
      keyed("t", {"k", "id"}),
      {R"({"id":1,"k":"x","v":"a"})", R"({"id":1,"k":"x","v":"b"})",
       R"({"id":1,"k":"y","v":"c"})", R"({"id":2,"k":"x","v":"d","w":1})"}));
  commit(world.send(keyed("t", {"k", "id"}), {R"({"id":2,"k":"x","v":"e"})",
                                              R"({"id":3,"k":"x","v":"f"})",
                                              R"({"id":3,"k":"x","v":"g"})"}));
  // A column that the request does not have is left alone.
  CHECK(world.rows("SELECT id, k, v, w FROM " + world.schema
                   + ".t ORDER BY id, k")
        == strings{"1|x|b|-", "1|y|c|-", "2|x|e|1", "3|x|g|-"});
  auto with_cursor = keyed("t", {"k", "id"});
  with_cursor.cursor = "at";
  commit(world.send(with_cursor, {R"({"id":9,"k":"z","v":"new","at":2})",
                                  R"({"id":9,"k":"z","v":"old","at":1})"}));
  CHECK(world.rows("SELECT v FROM " + world.schema + ".t WHERE id = 9")
        == strings{"new"});
}

TEMPLATE_LIST_TEST_CASE("null in a row that is merged takes a value's place",
                        "", warehouses) {
  TestType world;
  commit(world.send(keyed("t", {"id"}), {R"({"id":1,"c":"x","d":"y"})",
                                         R"({"id":2,"c":"x","d":"y"})"}));
  // None of these rows has a value of c.
  commit(world.send(keyed("t", {"id"}), {R"({"id":1,"c":null})"}));
  CHECK(world.rows("SELECT id, c, d FROM " + world.schema + ".t ORDER BY id")
        == strings{"1|-|y", "2|x|y"});
}

TEMPLATE_LIST_TEST_CASE("what did not fit a column is forgotten once it does",
                        "", warehouses) {
  TestType world;
  auto request = keyed("t", {"id"});
  request.fields = {{"id", field_type::int64}, {"n", field_type::int64}};
  commit(
      world.send(request, {R"({"id":1,"n":"text"})", R"({"id":2,"n":"a"})"}));
  commit(world.send(request, {R"({"id":1,"n":5})"}));
  const auto rows = world.rows("SELECT id, n, _unmapped_data FROM "
                               + world.schema + ".t ORDER BY id");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] == "1|5|-");
  CHECK(rows[1].starts_with("2|-|{"));
}

TEMPLATE_LIST_TEST_CASE("another member does not take the place of the key", "",
                        warehouses) {
  TestType world;
  commit(world.send(keyed("t", {"account_id"}),
                    {R"({"account_id":1,"account":{"id":77},"v":1})",
                     R"({"account":{"id":77},"account_id":2,"v":2})"}));
  CHECK(world.rows("SELECT account_id, v FROM " + world.schema
                   + ".t ORDER BY account_id")
        == strings{"1|1", "2|2"});
}

TEMPLATE_LIST_TEST_CASE(
    "the latest time of a cursor wins, however it is written", "", warehouses) {
  struct row {
    const char* late;
    const char* early;
  };

  TestType world;
  const row rows[] = {
      {"2024-01-02T12:00:00.500000Z", "2024-01-02T12:00:00Z"},
      {"2024-01-02T12:00:00.5Z", "2024-01-02T12:00:00.45Z"},
      {"2023-12-31T23:30:00Z", "2024-01-01T00:00:00+02:00"},
      {"2024-01-02T03:04:05-08:00", "2024-01-02T10:04:05Z"},
      {"2024-01-02T12:00:00Z", "2024-01-02 11:59:59Z"},
      {"2024-01-02T12:00:00Z", "2024-01-01"},
  };
  auto request = keyed("t", {"id"});
  request.cursor = "at";
  request.fields = {{"id", field_type::int64},
                    {"at", field_type::timestamp},
                    {"v", field_type::string}};
  const auto line = [](size_t id, const char* at, const char* v) {
    return R"({"id":)" + std::to_string(id) + R"(,"at":")" + at + R"(","v":")"
           + v + "\"}";
  };
  strings lines;
  strings wanted;
  for (size_t i = 0; i < std::size(rows); ++i) {
    // Both orders.
    lines.push_back(line(i, rows[i].late, "late"));
    lines.push_back(line(i, rows[i].early, "early"));
    lines.push_back(line(100 + i, rows[i].early, "early"));
    lines.push_back(line(100 + i, rows[i].late, "late"));
    wanted.insert(wanted.end(), 2, "late");
  }
  commit(world.send(request, lines));
  CHECK(world.rows("SELECT v FROM " + world.schema + ".t") == wanted);
}

TEMPLATE_LIST_TEST_CASE(
    "replace_table replaces the rows, and without rows empties the table", "",
    warehouses) {
  TestType world;
  commit(world.send(request_for("t", replace), {R"({"id":1,"v":1})"}));
  commit(world.send(request_for("t", replace), {R"({"id":2,"w":"x"})"}));
  CHECK(world.rows("SELECT id, v, w FROM " + world.schema + ".t")
        == strings{"2|-|x"});
  commit(world.send(request_for("t"), {}));
  CHECK(world.rows("SELECT id FROM " + world.schema + ".t") == strings{"2"});
  CHECK(world.to->empties_tables());
  commit(world.send(request_for("t", replace), {}));
  CHECK(world.rows("SELECT id FROM " + world.schema + ".t").empty());
  commit(world.send(request_for("never", replace), {}));
  CHECK(world.tables() == strings{"t"});
}

TEMPLATE_LIST_TEST_CASE(
    "nothing is visible before the commit, nor after an abort", "",
    warehouses) {
  TestType world;
  commit(world.send(request_for("t"), {R"({"id":1})"}));
  {
    upload_probe upload{*world.to, request_for("t", replace)};
    upload.write({R"({"id":2})"});
    REQUIRE(upload.wait_until_taken());
    CHECK(world.rows("SELECT id FROM " + world.schema + ".t") == strings{"1"});
    upload->abort();
    CHECK(code_of(upload.wait()) == ec::cancelled);
  }
  CHECK(world.rows("SELECT id FROM " + world.schema + ".t") == strings{"1"});
  CHECK(world.tables() == strings{"t"});
}

TEMPLATE_LIST_TEST_CASE(
    "rows that a server lost from a request's own table are sent again", "",
    warehouses) {
  // SQLite gathers rows in a file of the process's own.
  if constexpr (!std::is_same_v<TestType, sqlite_warehouse>) {
    const auto exists = GENERATE(false, true);
    const auto mode = GENERATE(write_mode::batch, replace);
    const auto lost = GENERATE("", " WHERE id = 2");
    CAPTURE(exists, mode, lost);
    TestType world;
    commit(world.send(request_for(exists ? "t" : "other"), {R"({"id":1})"}));
    upload_probe upload{*world.to, request_for("t", mode)};
    upload.write({R"({"id":2})", R"({"id":3})"});
    // Nothing more comes for now: rows and connection are given away.
    std::string staging;
    const auto is_there = [&] {
      for (const auto& name : world.tables())
        if (name.starts_with("t_tmp"))
          staging = world.schema + '.' + name;
      return !staging.empty()
             && world.rows("SELECT count(*) FROM " + staging) == strings{"2"};
    };
    wait_until(is_there);
    world.rows("DELETE FROM " + staging + lost);
    upload.write({R"({"id":4})"});
    const auto sent = upload.finish();
    CHECK(code_of(sent) == ec::destination_unavailable);
    CHECK_THAT(reason(sent),
               Catch::Matchers::ContainsSubstring(
                   *lost == '\0' ? "1 rows of the 3" : "2 rows of the 3"));
    commit(world.send(request_for("t", mode),
                      {R"({"id":2})", R"({"id":3})", R"({"id":4})"}));
    auto ids = exists && mode == write_mode::batch ? strings{"1"} : strings{};
    ids.insert(ids.end(), {"2", "3", "4"});
    CHECK(world.rows("SELECT id FROM " + world.schema + ".t ORDER BY id")
          == ids);
    CHECK(world.tables() == (exists ? strings{"t"} : strings{"other", "t"}));
  }
}

TEMPLATE_LIST_TEST_CASE("many uploads at once do not mix", "", warehouses) {
  TestType world;
  constexpr size_t uploads = 12;
  std::vector<std::unique_ptr<upload_probe>> all;
  for (size_t i = 0; i < uploads; ++i)
    all.push_back(std::make_unique<upload_probe>(
        *world.to, request_for("t" + std::to_string(i), replace)));
  for (size_t round = 0; round < 5; ++round)
    for (size_t i = 0; i < uploads; ++i)
      all[i]->write({"{\"i\":" + std::to_string(i) + "}",
                     "{\"i\":" + std::to_string(i) + ",\"r"
                         + std::to_string(round) + "\":1}"});
  for (auto& one : all)
    (*one)->finish();
  for (auto& one : all)
    commit(one->wait());
  for (size_t i = 0; i < uploads; ++i)
    CHECK(
        world.rows("SELECT count(*), min(i), max(i), sum(r4) FROM "
                   + world.schema + ".t" + std::to_string(i))
        == strings{"10|" + std::to_string(i) + "|" + std::to_string(i) + "|1"});
  CHECK(world.tables().size() == uploads);
}

TEMPLATE_LIST_TEST_CASE("hostile names and values stay unchanged", "",
                        warehouses) {
  TestType world;
  const std::string long_name(300, 'n');
  commit(
      world.send(keyed("x\"; DROP TABLE t; --" + long_name, {"k\"'y"}, replace),
                 {R"({"k\"'y":"\\.","a\u0000b":"\\N",")" + long_name
                  + R"(":"$$'; DROP","":{"select":"\u0000"}})"}));
  CHECK(world.tables()
        == strings{("x_ DROP TABLE t_ --" + long_name).substr(0, 63)});
  commit(world.send(request_for("v", replace),
                    {R"({"a":"\\.","b":"\\N","c":"a\tb\nc\rd\\","d":""})",
                     R"({"a":"\u0000","b":"\ud800","c":"😀","d":"'"})"}));
  CHECK(world.rows("SELECT a, b, c, d FROM " + world.schema + ".v ORDER BY a")
        == strings{"|\uFFFD|😀|'", "\\.|\\N|a\tb\nc\rd\\|"});
}

TEMPLATE_LIST_TEST_CASE("a table cannot have the name of one that is swept", "",
                        warehouses) {
  TestType world;
  for (const auto* name :
       {"t_tmp1700000000000001", "_motorcade_states", "_MOTORCADE_COMMITS"}) {
    const auto refused = world.send(request_for(name), {R"({"id":1})"});
    CHECK(code_of(refused) == ec::destination_rejected);
    CHECK_THAT(reason(refused),
               Catch::Matchers::ContainsSubstring(name)
                   && Catch::Matchers::ContainsSubstring("TABLE_NAME_PREFIX"));
  }
  CHECK(world.tables().empty());
}

TEMPLATE_LIST_TEST_CASE("closing the destination cancels the uploads under way",
                        "", warehouses) {
  TestType world;
  upload_probe upload{*world.to, request_for("t")};
  upload.write({R"({"a":1})"});
  REQUIRE(upload.wait_until_taken());
  world.to.reset();
  CHECK(code_of(upload.wait()) == ec::cancelled);
  upload.let_go();
  CHECK(upload.calls() == 1);
  CHECK(world.tables().empty());
}
