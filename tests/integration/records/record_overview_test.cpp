#include "support/cpu_meter.hpp"
#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

records_world any_world() {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  return records_world{make()};
}

void put_task(records_world& at, const std::string& id, wall_time began,
              task_status status, const std::string& version = "1") {
  task_row row;
  row.sync_id = "s";
  row.task_id = id;
  row.package = "airbyte/source-x";
  row.version = version;
  row.started_at = began;
  row.status = status;
  get(at.sidecar->put_task(row));
}

result_row answer_row(inquiry command, task_status status,
                      const std::string& document,
                      const std::string& description,
                      const std::string& version = "1") {
  return {command, "airbyte/source-x", version,    "key",
          status,  document,           description};
}

} // namespace

TEST_CASE("connectors are those of reads and of specs") {
  auto at = any_world();
  const auto now = utc_now();
  put_task(at, "t1", now - 1h, task_status::success);
  put_task(at, "t2", now - 2h, task_status::failed);
  put_task(at, "old", now - std::chrono::days{40}, task_status::failed);
  get(at.sidecar->put_result(answer_row(
      inquiry::spec, task_status::success,
      R"({"connectionSpecification":{"title":"The X \u00e4"}})", "")));
  get(at.sidecar->put_result(
      answer_row(inquiry::spec, task_status::failed, "", "no", "2")));
  const auto found = get(at.records->connectors(std::chrono::days{30}));
  REQUIRE(found.size() == 2);
  CHECK(found[0].version == "1");
  CHECK(found[0].spec_known);
  CHECK(found[0].title == "The X \xc3\xa4");
  CHECK(found[0].runs == 2);
  CHECK(found[0].failures == 1);
  CHECK(found[0].last_used_at == now - 1h);
  CHECK(found[1].version == "2");
  CHECK_FALSE(found[1].spec_known);
  CHECK(found[1].title.empty());
  CHECK(found[1].runs == 0);
  CHECK_FALSE(found[1].last_used_at);
}

TEST_CASE("answers are found as they were stored") {
  auto at = any_world();
  constexpr uint64_t most = 100;
  const inquiry_key spec{inquiry::spec, "airbyte/source-x", "1", {}};
  const inquiry_key check{inquiry::check, {}, {}, "key"};
  const inquiry_key catalog{inquiry::discover, {}, {}, "key"};
  CHECK_FALSE(get(at.records->answer(spec, most)));
  CHECK_FALSE(get(at.records->answer(check, most)));
  CHECK_FALSE(get(at.records->answer(catalog, most)));
  get(at.sidecar->put_result(
      answer_row(inquiry::spec, task_status::failed, "", "no image")));
  auto found = get(at.records->answer(spec, most));
  REQUIRE(found);
  CHECK(found->status == task_status::failed);
  CHECK(found->message == "no image");
  get(at.sidecar->put_result(
      answer_row(inquiry::spec, task_status::success, R"({"a":1})", "")));
  found = get(at.records->answer(spec, most));
  CHECK(found->status == task_status::success);
  CHECK(nlohmann::json::parse(found->document).at("a") == 1);
  REQUIRE(found->time);
  CHECK(utc_now() - *found->time < 1h);
  get(at.sidecar->put_result(
      answer_row(inquiry::check, task_status::success, "", "fine")));
  found = get(at.records->answer(check, most));
  CHECK(found->status == task_status::success);
  CHECK(found->message == "fine");
  CHECK(found->document.empty());
  // Of several discovers of one key the newest counts, unless an image is
  // named.
  get(at.sidecar->put_result(answer_row(inquiry::discover, task_status::success,
                                        R"({"streams":[1]})", "")));
  get(at.sidecar->put_result(answer_row(inquiry::discover, task_status::success,
                                        R"({"streams":[2]})", "", "2")));
  found = get(at.records->answer(catalog, most));
  CHECK(nlohmann::json::parse(found->document).at("streams")[0] == 2);
  found = get(at.records->answer(
      {inquiry::discover, "airbyte/source-x", "1", "key"}, most));
  CHECK(nlohmann::json::parse(found->document).at("streams")[0] == 1);
  // One that is too large is not read.
  get(at.sidecar->put_result(
      answer_row(inquiry::spec, task_status::success,
                 R"({"a":")" + std::string(200, 'x') + "\"}", "")));
  found = get(at.records->answer(spec, most));
  CHECK(found->document.empty());
  CHECK(found->document_bytes > 200);
  CHECK(found->status == task_status::success);
}

TEST_CASE("tasks are counted and listed by kind, time and status") {
  auto at = any_world();
  const auto now = utc_now();
  put_task(at, "t1", now - 1h, task_status::success);
  put_task(at, "t2", now - 2h, task_status::failed);
  put_task(at, "t3", now - 3h, task_status::running);
  get(at.sidecar->put_result(
      answer_row(inquiry::check, task_status::failed, "", "no")));
  get(at.sidecar->put_result(
      answer_row(inquiry::spec, task_status::success, "{}", "")));
  using counts = std::map<task_status, uint64_t>;
  using enum task_status;
  CHECK(get(at.records->count({}, {}))
        == counts{{running, 1}, {success, 2}, {failed, 2}});
  const std::vector<std::string> without{"check:key"};
  CHECK(get(at.records->count({}, without))
        == counts{{running, 1}, {success, 2}, {failed, 1}});
  task_filter filter;
  filter.commands = {"read"};
  CHECK(get(at.records->count(filter, {}))
        == counts{{running, 1}, {success, 1}, {failed, 1}});
  CHECK(get(at.records->list(filter)).size() == 3);
  CHECK(get(at.records->list_inquiries(filter)).empty());
  filter.commands = {"check", "discover"};
  CHECK(get(at.records->count(filter, {})) == counts{{failed, 1}});
  CHECK(get(at.records->list(filter)).empty());
  CHECK(get(at.records->list_inquiries(filter)).size() == 1);
  filter = {};
  filter.from = now - 150min;
  filter.to = now - 30min;
  CHECK(get(at.records->list(filter)).size() == 2);
  CHECK(get(at.records->count(filter, {}))
        == counts{{success, 1}, {failed, 1}});
  CHECK(get(at.records->list_inquiries(filter)).empty());
  filter = {};
  filter.statuses = {failed};
  CHECK(get(at.records->list(filter)).size() == 1);
  CHECK(get(at.records->count(filter, {})) == counts{{failed, 2}});
}

TEST_CASE("a hundred thousand tasks are listed and counted at once") {
  auto at = any_world();
  constexpr int count = 100'000;
  const auto postgres = at.world->is_postgres();
  const std::string text = std::string(300, 'd');
  const std::string values =
      "'s' || (n % 100), 't' || n, 'airbyte/source-x', '1', "
      "CASE WHEN n % 1000 = 0 THEN 'FAILED' ELSE 'SUCCESS' END, "
      "'{\"users\":{\"events\":1,\"error\":\""
      + text + "\"}}', ";
  const std::string insert =
      "INSERT INTO source_task (sync_id, task_id, package, version, status, "
      "description, started_at, updated_at) ";
  const std::string time =
      postgres ? "now() - n * interval '1 minute'"
               : "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-' || n || ' "
                 "minutes')";
  at.world->query(
      postgres ? insert + "SELECT " + values + time + ", " + time
                     + " FROM generate_series(1, " + std::to_string(count)
                     + ") AS one(n)"
               : "WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 "
                 "FROM one WHERE n < "
                     + std::to_string(count) + ") " + insert + "SELECT "
                     + values + time + ", " + time + " FROM one");
  at.world->query("ANALYZE");
  const auto limit = 100ms;
  const cpu_meter cpu{*at.world};
  task_filter filter;
  CHECK(cpu.least([&] { CHECK(get(at.records->list(filter)).size() == 100); })
        < limit);
  filter.statuses = {task_status::failed};
  CHECK(cpu.least([&] { CHECK(get(at.records->list(filter)).size() == 100); })
        < limit);
  filter = {};
  filter.sync_id = "s7";
  CHECK(cpu.least([&] { CHECK(get(at.records->list(filter)).size() == 100); })
        < limit);
  filter = {};
  filter.to = utc_now() - std::chrono::days{50};
  CHECK(cpu.least([&] { CHECK(get(at.records->list(filter)).size() == 100); })
        < limit);
  CHECK(cpu.least([&] {
    CHECK(get(at.records->count({}, {})).at(task_status::failed) == 100);
  }) < limit);
  CHECK(cpu.least([&] {
    CHECK(get(at.records->connectors(std::chrono::days{30})).size() == 1);
  }) < limit);
}
