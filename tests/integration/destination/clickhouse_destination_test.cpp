// Rows into a real engine of ClickHouse, whose HTTP interface is named by
// CLICKHOUSE_URL.
#include "runtime/destination/choice/open_destination.hpp"
#include "runtime/destination/clickhouse/clickhouse_link.hpp"
#include "runtime/destination/clickhouse/clickhouse_sql.hpp"
#include "runtime/destination/warehouse/staging_names.hpp"
#include "support/upload_probe.hpp"

#include <catch2/catch_all.hpp>

#include <sstream>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include <unistd.h>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

using strings = std::vector<std::string>;

namespace {

constexpr auto replace = write_mode::replace_table;

/// A database of a real engine that rows go to, and a look into it.
class clickhouse_warehouse {
public:
  clickhouse_warehouse()
      : name_{"w" + std::to_string(::getpid()) + '_' + std::to_string(++count)},
        config_{*read_clickhouse_url(server())},
        link_{config_, {}} {
    rows("CREATE DATABASE " + name_);
    to = open();
  }

  ~clickhouse_warehouse() {
    to.reset();
    if (auto gone = link_.run("DROP DATABASE IF EXISTS " + name_); !gone)
      WARN(gone.error().what);
  }

  static std::string server() {
    const auto* url = std::getenv("CLICKHOUSE_URL");
    if (url == nullptr)
      FAIL("CLICKHOUSE_URL names no server");
    return url;
  }

  /// @param members More of the destinationConfig, each after a comma.
  destination_ptr open(const std::string& members = "",
                       const std::string& task = "t1") const {
    const auto& host = config_.servers.front();
    auto made = open_destination(
        {},
        R"({"destinationType":"clickhouse","protocol":"http","hosts":[")"
            + host.substr(host.find("://") + 3) + R"("],"database":")" + name_
            + "\"" + members + "}",
        task);
    if (!made)
      FAIL(made.error().what);
    return *made;
  }

  /// @returns the rows of a statement, their columns joined by `|`.
  strings rows(const std::string& statement) {
    const auto is_query = statement.starts_with("SELECT");
    strings out;
    if (!is_query) {
      auto done = link_.run(statement);
      if (!done)
        FAIL(done.error().what);
      return out;
    }
    auto found = link_.run(statement + " FORMAT TabSeparated");
    if (!found)
      FAIL(found.error().what);
    std::istringstream lines{*found};
    for (std::string line; std::getline(lines, line);) {
      const auto row = split_tab_separated(line);
      auto& text = out.emplace_back();
      for (const auto& cell : row)
        text += (&cell == &row.front() ? "" : "|") + cell;
    }
    return out;
  }

  strings columns(const std::string& table) {
    return rows("SELECT name, type FROM system.columns WHERE database = '"
                + name_ + "' AND table = '" + table + "' ORDER BY name");
  }

  strings tables() {
    return rows("SELECT name FROM system.tables WHERE database = '" + name_
                + "' ORDER BY name");
  }

  upload_outcome send(const upload_request& request, const strings& lines,
                      const destination_ptr& where = nullptr) const {
    upload_probe upload{where ? *where : *to, request};
    if (!lines.empty())
      upload.write(lines);
    return upload.finish();
  }

  const std::string& name() const { return name_; }

  destination_ptr to;

private:
  inline static std::atomic<int> count = 0;

  const std::string name_;
  const clickhouse_config config_;
  clickhouse_link link_;
};

} // namespace

TEST_CASE("a database that is missing is made") {
  clickhouse_warehouse world;
  world.rows("DROP DATABASE " + world.name());
  commit(world.send(request_for("t", write_mode::batch), {R"({"id":1})"}));
  CHECK(world.rows("SELECT id FROM " + world.name() + ".t") == strings{"1"});
}

TEST_CASE("rows become a table of ClickHouse") {
  clickhouse_warehouse world;
  commit(world.send(
      request_for("T.users", replace),
      {R"({"id":1,"o":{"a":"x\ty\\"},"at":"2024-01-02T03:04:05+01:00","b":true})",
       R"({"id":2.5,"n":null,"new":[1, 2],"b":false})"}));
  CHECK(world.columns("T_users")
        == strings{"at|DateTime64(6)", "b|UInt8", "id|Float64", "new|String",
                   "o_a|String"});
  CHECK(world.rows("SELECT id, o_a, toString(at, 'UTC'), new, b FROM "
                   + world.name() + ".T_users ORDER BY id")
        == strings{"1|x\ty\\|2024-01-02 02:04:05.000000||1",
                   "2.5||1970-01-01 00:00:00.000000|[1,2]|0"});
  CHECK(world.tables() == strings{"T_users"});
}

TEST_CASE("values keep their text when a column of ClickHouse widens") {
  clickhouse_warehouse world;
  commit(world.send(
      request_for("t", replace),
      {R"({"n":1,"a":true,"b":true,"c":7,"d":1.5,"e":"2024-01-02T03:04:05Z","f":"2024-01-02T03:04:05.12Z"})",
       R"({"n":2,"a":2,"b":"x","c":"x","d":"x","e":"x","f":5})",
       R"({"n":3})"}));
  CHECK(world.rows("SELECT a, b, c, d, e, f FROM " + world.name()
                   + ".t ORDER BY n")
        == strings{"1|true|7|1.5|2024-01-02T03:04:05Z|2024-01-02T03:04:05.12Z",
                   "2|x|x|x|x|5", "0|||||"});
}

TEST_CASE("later requests add columns to ClickHouse and keep types") {
  clickhouse_warehouse world;
  commit(world.send(request_for("t"), {R"({"id":1,"a":1,"u":true})"}));
  commit(world.send(request_for("t"), {R"({"id":2,"a":"text","b":"x","u":2})",
                                       R"({"id":3,"u":300})"}));
  CHECK(world.columns("t")
        == strings{"_unmapped_data|String", "a|Int64", "b|String", "id|Int64",
                   "u|UInt8"});
  CHECK(
      world.rows("SELECT id, a, b, u, _unmapped_data FROM " + world.name()
                 + ".t ORDER BY id")
      == strings{"1|1||1|", "2|0|x|2|{\"a\":\"text\"}", "3|0||0|{\"u\":300}"});
}

TEST_CASE(
    "a commit into ClickHouse says what it did, and rows what they lost") {
  clickhouse_warehouse world;
  auto request = keyed("t", {"id"});
  request.fields = {{"n", field_type::int64},
                    {"_airbyte_meta", field_type::json}};
  request.changes_column = "_airbyte_meta";
  const std::string meta = R"("_airbyte_meta":{"sync_id":"s","changes":[]}})";
  const auto outcome = world.send(
      request, {R"({"id":1,"n":1,)" + meta, R"({"id":2,"n":"x",)" + meta});
  commit(outcome);
  REQUIRE(outcome.summary);
  // id, n, _airbyte_meta and _unmapped_data.
  CHECK(outcome.summary->columns_added == 4);
  CHECK(outcome.summary->values_unmapped == 1);
  CHECK(outcome.summary->rows_merged == 2);
  CHECK(outcome.summary->loading.count() > 0);
  CHECK(outcome.summary->merging.count() > 0);
  CHECK(world.rows("SELECT id, JSONExtractString(_airbyte_meta, 'changes', 1, "
                   "'reason') FROM "
                   + world.name() + ".t FINAL ORDER BY id")
        == strings{"1|", "2|DESTINATION_TYPECAST_ERROR"});
  const auto again = world.send(request, {R"({"id":1,"n":5,)" + meta});
  commit(again);
  REQUIRE(again.summary);
  CHECK(again.summary->columns_added == 0);
  CHECK(again.summary->values_unmapped == 0);
}

TEST_CASE("rows of one key are one in ClickHouse, the last of them") {
  clickhouse_warehouse world;
  commit(world.send(keyed("t", {"k", "id"}), {R"({"id":1,"k":"x","v":"a"})",
                                              R"({"id":1,"k":"x","v":"b"})",
                                              R"({"id":2,"k":"x","v":"c"})"}));
  commit(world.send(keyed("t", {"k", "id"}), {R"({"id":2,"k":"x","v":"d"})"}));
  CHECK(world.rows("SELECT id, v FROM " + world.name() + ".t FINAL ORDER BY id")
        == strings{"1|b", "2|d"});
  CHECK(world.rows("SELECT count() FROM " + world.name() + ".t WHERE id = 1")
        == strings{"1"});
  CHECK(world.rows("SELECT engine, sorting_key FROM system.tables WHERE "
                   "database = '"
                   + world.name() + "'")
        == strings{"ReplacingMergeTree|k, id"});
  auto with_cursor = keyed("c", {"id"}, replace);
  with_cursor.cursor = "at";
  commit(world.send(with_cursor, {R"({"id":9,"v":"new","at":2})",
                                  R"({"id":9,"v":"old","at":1})",
                                  R"({"id":9,"v":"none"})"}));
  CHECK(world.rows("SELECT v FROM " + world.name() + ".c") == strings{"new"});
}

TEST_CASE("ClickHouse exchanges a table that is replaced, and a request "
          "without rows empties it") {
  clickhouse_warehouse world;
  commit(world.send(request_for("t", replace), {R"({"id":1,"v":1})"}));
  commit(world.send(request_for("t", replace), {R"({"id":2,"w":"x"})"}));
  CHECK(world.rows("SELECT id, v, w FROM " + world.name() + ".t")
        == strings{"2|0|x"});
  commit(world.send(request_for("t"), {}));
  CHECK(world.rows("SELECT id FROM " + world.name() + ".t") == strings{"2"});
  commit(world.send(request_for("t", replace), {}));
  CHECK(world.rows("SELECT id FROM " + world.name() + ".t").empty());
  commit(world.send(request_for("never", replace), {}));
  CHECK(world.tables() == strings{"t"});
}

TEST_CASE("nothing is in ClickHouse before the commit, nor after an abort") {
  clickhouse_warehouse world;
  commit(world.send(request_for("t"), {R"({"id":1})"}));
  upload_probe upload{*world.to, request_for("t", replace)};
  upload.write({R"({"id":2})"});
  REQUIRE(upload.wait_until_taken());
  CHECK(world.rows("SELECT id FROM " + world.name() + ".t") == strings{"1"});
  upload->abort();
  CHECK(code_of(upload.wait()) == ec::cancelled);
  CHECK(world.rows("SELECT id FROM " + world.name() + ".t") == strings{"1"});
  CHECK(world.tables() == strings{"t"});
}

TEST_CASE("the same request twice brings its rows to ClickHouse once") {
  clickhouse_warehouse world;
  auto request = request_for("t");
  request.stream = "s";
  request.unit = 7;
  commit(world.send(request, {R"({"id":1})", R"({"id":1})"}));
  // As after an answer that was lost.
  commit(world.send(request, {R"({"id":1})", R"({"id":1})"}));
  CHECK(world.rows("SELECT count() FROM " + world.name() + ".t")
        == strings{"2"});
  request.unit = 8;
  commit(world.send(request, {R"({"id":1})", R"({"id":1})"}));
  CHECK(world.rows("SELECT count() FROM " + world.name() + ".t")
        == strings{"4"});
}

TEST_CASE("values are converted to the columns of another program's table in "
          "ClickHouse") {
  clickhouse_warehouse world;
  world.rows("CREATE TABLE " + world.name()
             + ".t (id Int32, n Nullable(Decimal(5, 1)), s "
               "LowCardinality(String), d Date, small DateTime, a Array(Int8), "
               "u UUID, m Int32 MATERIALIZED id + 1, f FixedString(2), big "
               "UInt64, e Enum8('it\\'s' = 1, '' = 2)) ENGINE = MergeTree "
               "ORDER BY id");
  commit(world.send(
      request_for("t"),
      {R"({"id":1,"n":"5.5","s":7,"d":"2024-01-02T03:04:05Z","small":"2024-01-02T03:04:05Z","a":[1,2],"u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","m":9,"f":"é","big":5,"e":"it's"})",
       R"({"id":2,"n":123456,"d":"no date","small":"1900-01-01T00:00:00Z","f":"éé","big":-1,"u":"xyz","e":"zz"})",
       R"({"id":3,"u":"A0EEBC999C0B4EF8BB6D6BB9BD380A11","e":""})"}));
  CHECK(world.rows("SELECT id, ifNull(toString(n), '-'), s, d, toString(small, "
                   "'UTC'), a, u, m, f, big, e FROM "
                   + world.name() + ".t ORDER BY id LIMIT 1")
        == strings{"1|5.5|7|2024-01-02|2024-01-02 03:04:05|[1,2]|"
                   "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|2|é|5|it's"});
  CHECK(world.rows("SELECT id, isNull(n), big, _unmapped_data FROM "
                   + world.name() + ".t WHERE id = 2")
        == strings{R"(2|1|0|{"n":123456,"d":"no date","small":)"
                   R"("1900-01-01T00:00:00Z","u":"xyz","f":"éé","big":-1,)"
                   R"("e":"zz"})"});
  CHECK(world.rows("SELECT u, e FROM " + world.name() + ".t WHERE id = 3")
        == strings{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|"});
  world.rows("CREATE VIEW " + world.name() + ".v AS SELECT 1 AS a");
  const auto refused = world.send(request_for("v"), {R"({"a":1})"});
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused), ContainsSubstring(".v is a View"));
}

TEST_CASE("hostile names and values stay unchanged in ClickHouse") {
  clickhouse_warehouse world;
  const std::string long_name(300, 'n');
  commit(
      world.send(keyed("x`; DROP TABLE t; --" + long_name, {"k\"'y`"}, replace),
                 {R"({"k\"'y`":"\\.","a\u0000b":"\\N",")" + long_name
                  + R"(":"$$'; DROP","":{"select":"\u0000"}})"}));
  CHECK(world.tables()
        == strings{("x_ DROP TABLE t_ --" + long_name).substr(0, 127)});
  commit(world.send(request_for("v", replace),
                    {R"({"a":"\\.","b":"\\N","c":"a\tb\nc\rd\\","d":""})",
                     R"({"a":"\u0000","b":"\ud800","c":"😀","d":"'"})"}));
  CHECK(world.rows("SELECT a, b, c, d FROM " + world.name() + ".v ORDER BY a")
        == strings{"|\uFFFD|😀|'", "\\.|\\N|a\tb\nc\rd\\|"});
}

TEST_CASE("a new table has the engine of the destinationConfig") {
  clickhouse_warehouse world;
  const auto to = world.open(
      R"(,"engine":{"nullableFields":["v"],"orderFields":["id","v2"],"partitionFields":[{"function":"toYYYYMM","field":"at"}]})");
  commit(
      world.send(keyed("t", {"id"}),
                 {R"({"id":1,"at":"2024-01-02T03:04:05Z","v2":"x","v":null})",
                  R"({"id":2,"at":"2024-02-02T03:04:05Z","v2":"x","v":5})"},
                 to));
  CHECK(world.rows("SELECT sorting_key, partition_key FROM system.tables WHERE "
                   "database = '"
                   + world.name() + "'")
        == strings{"id, v2|(toYYYYMM(at))"});
  CHECK(world.rows("SELECT type FROM system.columns WHERE database = '"
                   + world.name() + "' AND name = 'v'")
        == strings{"Nullable(Int64)"});
}

TEST_CASE("tables that killed tasks left in ClickHouse are dropped") {
  clickhouse_warehouse world;
  const staging_names names{"t", 127};
  const auto make = [&](const std::string& table, const std::string& sync,
                        const std::string& task) {
    world.rows("CREATE TABLE " + world.name() + ".`" + table
               + "` (a Int8) ENGINE = MergeTree ORDER BY a COMMENT '"
               + staging_names::comment(sync, task) + "'");
    return table;
  };
  auto request = request_for("t");
  make(names.make(), request.connection_id, "dead");
  make("t_tmp1000000000000001", "other", "dead");
  const auto others = make(names.make(), "other", "alive");
  const auto own = make(names.make(), request.connection_id, request.task_id);
  const auto foreign = make("t_tmp_of_mine", request.connection_id, "dead");
  commit(world.send(request, {R"({"id":1})"}));
  auto expected = strings{foreign, "t", others, own};
  std::sort(expected.begin(), expected.end());
  CHECK(world.tables() == expected);
}

TEST_CASE("many uploads to ClickHouse at once do not mix") {
  clickhouse_warehouse world;
  constexpr size_t uploads = 8;
  std::vector<std::unique_ptr<upload_probe>> all;
  for (size_t i = 0; i < uploads; ++i)
    all.push_back(std::make_unique<upload_probe>(
        *world.to, request_for("t" + std::to_string(i), replace)));
  for (size_t round = 0; round < 3; ++round)
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
        world.rows("SELECT count(), min(i), max(i), sum(r2) FROM "
                   + world.name() + ".t" + std::to_string(i))
        == strings{"6|" + std::to_string(i) + "|" + std::to_string(i) + "|1"});
}

TEST_CASE(
    "a refusal of ClickHouse is reported with its code, without the password") {
  clickhouse_warehouse world;
  auto config = *read_clickhouse_url(clickhouse_warehouse::server());
  auto url = clickhouse_warehouse::server();
  url.replace(url.find("://"), 3, "://nobody:hush-hush@");
  destination_settings settings;
  settings.url = url;
  const auto poor = open_destination(settings, "", "t1");
  REQUIRE(poor);
  const auto refused = world.send(request_for("t"), {R"({"id":1})"}, *poor);
  CHECK(code_of(refused) == ec::invalid_argument);
  CHECK_THAT(reason(refused), ContainsSubstring("Code: 516"));
  CHECK_THAT(reason(refused), !ContainsSubstring("hush-hush"));
  settings.url = "clickhouse://127.0.0.1:1/db";
  const auto nowhere = open_destination(settings, "", "t1");
  REQUIRE(nowhere);
  CHECK(code_of(world.send(request_for("t"), {R"({"id":1})"}, *nowhere))
        == ec::destination_unavailable);
}
