// The controller's records in tables of other programs, among other writers,
// and over connections that break.

#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>
#include <optional>
#include <pqxx/pqxx>

#include <latch>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;

namespace {

struct tasks : records_world {
  tasks() : records_world{GENERATE(&postgres_world, &sqlite_world)()} {}
};

/// Runs both at once and waits for them.
template <class A, class B>
void race(A a, B b) {
  std::latch start{2};
  std::jthread other{[&] {
    start.arrive_and_wait();
    a();
  }};
  start.arrive_and_wait();
  b();
}

} // namespace

TEST_CASE("only one of two controllers begins a task") {
  tasks t;
  auto others = prepared_records(t.world->url());
  for (int i = 0; i < 50; ++i) {
    auto id = std::to_string(i);
    bool first = false;
    bool second = false;
    race([&] { first = get(t.records->begin_task(some_task(id, 1))); },
         [&] { second = get(others->begin_task(some_task(id, 2))); });
    CHECK(first != second);
    CHECK(get(t.records->find(id))->started_at == moment(first ? 1 : 2));
  }
}

TEST_CASE("only one of two tasks of a sync begins") {
  tasks t;
  auto others = prepared_records(t.world->url());
  for (int i = 0; i < 50; ++i) {
    auto row_of = [i](const std::string& id) {
      auto row = some_task(id + std::to_string(i));
      row.sync_id = std::to_string(i);
      row.started_at = utc_now();
      return row;
    };
    std::optional<result<bool>> first;
    std::optional<result<bool>> second;
    race([&] { first = t.records->begin_task(row_of("a")); },
         [&] { second = others->begin_task(row_of("b")); });
    auto first_began = static_cast<bool>(*first);
    REQUIRE(first_began != static_cast<bool>(*second));
    const auto& refused = first_began ? *second : *first;
    CHECK(refused.error().code == ec::already_exists);
    // It names the other one.
    CHECK(
        refused.error().what.find((first_began ? "a" : "b") + std::to_string(i))
        != std::string::npos);
  }
}

TEST_CASE("only one of two controllers ends a task, and both get its status") {
  tasks t;
  auto others = prepared_records(t.world->url());
  for (int i = 0; i < 50; ++i) {
    auto id = std::to_string(i);
    get(t.records->begin_task(some_task(id)));
    auto first = task_status::running;
    auto second = task_status::running;
    race(
        [&] {
          first = get(t.records->end_task(id, task_status::cancelled, "1"));
        },
        [&] { second = get(others->end_task(id, task_status::failed, "2")); });
    CHECK(first == second);
    auto record = *get(t.records->find(id));
    CHECK(record.status == first);
    CHECK(record.error == (first == task_status::cancelled ? "1" : "2"));
  }
}

TEST_CASE("a sidecar that ends a task is never overruled") {
  tasks t;
  for (int i = 0; i < 50; ++i) {
    auto id = std::to_string(i);
    auto row = some_task(id);
    get(t.records->begin_task(row));
    row.status = task_status::success;
    auto told = task_status::running;
    race([&] { told = get(t.records->end_task(id, task_status::failed, "")); },
         [&] { get(t.sidecar->put_task(row)); });
    // Where the sidecar came second it did not know; its word counts.
    CHECK(get(t.records->find(id))->status == task_status::success);
    CHECK((told == task_status::success || told == task_status::failed));
  }
}

TEST_CASE("an outcome is never overwritten by a program that knows of none") {
  tasks t;
  auto command = GENERATE(inquiry::check, inquiry::discover);
  auto start = utc_now() - std::chrono::minutes{1};
  for (int i = 0; i < 50; ++i) {
    result_row row{command, "p",  "1", std::to_string(i), task_status::failed,
                   {},      "why"};
    auto answer = row;
    answer.status = task_status::success;
    race([&] { get(t.records->store_failure(row, start)); },
         [&] { get(t.sidecar->put_result(answer)); });
  }
  auto table = command == inquiry::check ? "source_check" : "source_catalog";
  CHECK(t.row(std::string{"SELECT count(*) FROM "} + table
              + " WHERE status = 'SUCCESS'")
        == std::vector<std::string>{"50"});
}

TEST_CASE("tables of other programs may lack optional columns") {
  auto world = GENERATE(&postgres_world, &sqlite_world)();
  auto time = world->is_postgres() ? std::string{"timestamptz"} : "text";
  world->query("CREATE TABLE source_task (sync_id text, task_id varchar(40) "
               "primary key, package text, version text, started_at "
               + time + ", updated_at " + time + ", status varchar(20))");
  world->query("CREATE TABLE task_log (id text PRIMARY KEY, level text, logger "
               "text, message text, sync_id text, task_id text)");
  world->query("CREATE TABLE source_check (package text, version text, key "
               "text PRIMARY KEY, status text)");
  world->query("CREATE TABLE source_catalog (package text, version text, key "
               "text, status text, extra text)");
  world->query("CREATE TABLE source_spec (package text, version text, error "
               "text, PRIMARY KEY (package, version))");
  auto records = prepared_records(world->url());
  CHECK(get(records->begin_task(some_task("a", 1))));
  CHECK(get(records->begin_task(some_task("b", 2))));
  CHECK_FALSE(get(records->begin_task(some_task("b", 2))));
  CHECK(get(records->end_task("a", task_status::failed, "no column"))
        == task_status::failed);
  get(records->touch_tasks(std::vector<std::string>{"a", "b"}));
  auto found = *get(records->find("a"));
  CHECK(found.started_at == moment(1));
  CHECK(found.error.empty());
  CHECK(found.started_by.empty());
  world->query("INSERT INTO source_task (task_id, status) VALUES ('null', "
               "'RUNNING')");
  CHECK(get(records->list({})).size() == 2);
  CHECK(get(records->find("null"))->started_at == wall_time{});
  CHECK(get(records->close_stale_tasks(std::chrono::seconds{0}, "x"))
        == std::vector<std::string>{"b"});
  std::vector<log_row> rows;
  rows.reserve(9);
  for (int i = 0; i < 9; ++i)
    rows.push_back({some_uuid(i), "INFO", "l", "m", moment(9 - i)});
  get(records->put_logs("s", "a", rows));
  auto page = get(records->logs("a", {}, 4));
  REQUIRE(page.size() == 4);
  CHECK(page.back().id == some_uuid(3));
  CHECK(page.back().time == wall_time{});
  page = get(records->logs("a", {page.back().time, page.back().id}, 9));
  REQUIRE(page.size() == 5);
  CHECK(page.front().id == some_uuid(4));
  // Without a time an outcome cannot be told from an earlier one, and stays.
  result_row row{inquiry::check, "p", "1", "k", task_status::failed, {}, "why"};
  get(records->store_failure(row, utc_now()));
  world->query("UPDATE source_check SET status = 'SUCCESS'");
  get(records->store_failure(row, utc_now() + std::chrono::hours{1}));
  CHECK(world->query("SELECT status FROM source_check")[0][0] == "SUCCESS");
  row.command = inquiry::discover;
  get(records->begin_result(row));
  get(records->store_failure(row, utc_now()));
  // Not even a key is needed to find the row.
  get(records->begin_result(row));
  get(records->store_failure(row, utc_now()));
  CHECK(world->query("SELECT status FROM source_catalog")
        == std::vector<cells>{{"FAILED"}});
  row.command = inquiry::spec;
  get(records->store_failure(row, utc_now()));
  CHECK(world->query("SELECT error FROM source_spec")
        == std::vector<cells>{{"why"}});
}

TEST_CASE("times are exact, whatever the session and the columns are") {
  auto world = postgres_world();
  auto type = GENERATE("timestamptz", "timestamp", "text");
  CAPTURE(type);
  auto of_time = std::string{" "} + type;
  world->query("CREATE TABLE source_task (sync_id text, task_id text primary "
               "key, package text, version text, started_by json, description "
               "jsonb, status text, started_at"
               + of_time + ", updated_at" + of_time + ")");
  world->query("CREATE TABLE task_log (id uuid PRIMARY KEY, level text, logger "
               "text, message text, sync_id text, task_id text, timestamp"
               + of_time + ")");
  world->query("CREATE TABLE source_check (package text, version text, key "
               "text PRIMARY KEY, status text, timestamp"
               + of_time + ")");
  auto odd = world->url()
             + "&options=-c%20TimeZone%3DAsia/Kathmandu%20-c%20DateStyle%3DSQL";
  auto records = prepared_records(odd);
  auto sidecar = prepared(odd);
  for (int i = 0; i < 3; ++i)
    get(records->begin_task(some_task(std::to_string(i), i)));
  get(sidecar->put_task(some_task("2", 2)));
  for (const auto& record : get(records->list({}))) {
    CHECK(record.started_at == moment(std::stoi(record.task_id)));
    CHECK(record.updated_at > utc_now() - std::chrono::minutes{5});
    CHECK(record.updated_at < utc_now() + std::chrono::minutes{5});
    CHECK(record.started_by == R"({"trigger": "manual"})");
    CHECK(record.description == R"({"users": {"events": 1}})");
  }
  task_filter filter;
  filter.before = moment(1);
  filter.before_task_id = "1";
  auto page = get(records->list(filter));
  REQUIRE(page.size() == 1);
  CHECK(page[0].task_id == "0");
  CHECK(get(records->close_stale_tasks(std::chrono::hours{1}, "x")).empty());
  CHECK(get(records->close_stale_tasks(std::chrono::seconds{0}, "x")).size()
        == 3);
  get(records->put_logs(
      "s", "t",
      std::vector<log_row>{{some_uuid(1), "INFO", "l", "m", moment(1)},
                           {some_uuid(2), "INFO", "l", "m", moment(2)}}));
  auto lines = get(records->logs("t", {moment(1), some_uuid(1)}, 9));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].time == moment(2));
  CHECK(lines[0].id == some_uuid(2));
  result_row row{inquiry::check, "p", "1", "k", task_status::success, {}, {}};
  get(sidecar->put_result(row));
  get(records->store_failure(row, utc_now() - std::chrono::minutes{1}));
  CHECK(world->query("SELECT status FROM source_check")[0][0] == "SUCCESS");
  get(records->store_failure(row, utc_now() + std::chrono::minutes{1}));
  CHECK(world->query("SELECT status FROM source_check")[0][0] == "FAILED");
}

TEST_CASE("a connection that was cut between two calls costs nothing") {
  auto world = postgres_world();
  auto name = fresh_name("records");
  auto records = prepared_records(world->url() + "&application_name=" + name);
  get(records->begin_task(some_task("a")));
  auto cut = [&] {
    // Waits until they are gone.
    auto gone = world->query("SELECT pg_terminate_backend(pid, 10000) FROM "
                             "pg_stat_activity WHERE application_name = '"
                             + name + "'");
    // One connection serves all that the records do.
    CHECK(gone.size() == 1);
  };
  result_row row{inquiry::check, "p", "1", "k", task_status::failed, {}, "x"};
  std::vector<log_row> lines = {{some_uuid(1), "INFO", "l", "m", moment(1)}};
  auto after_cut = [&](auto call) {
    cut();
    return call();
  };
  get(after_cut([&] { return records->ping(); }));
  CHECK(get(after_cut([&] { return records->begin_task(some_task("b")); })));
  CHECK(get(after_cut([&] { return records->find("a"); })));
  CHECK(get(after_cut([&] { return records->list({}); })).size() == 2);
  get(after_cut(
      [&] { return records->touch_tasks(std::vector<std::string>{"a"}); }));
  get(after_cut([&] { return records->put_logs("s", "a", lines); }));
  CHECK(get(after_cut([&] { return records->logs("a", {}, 9); })).size() == 1);
  get(after_cut([&] { return records->store_failure(row, utc_now()); }));
  CHECK(get(after_cut(
            [&] { return records->end_task("a", task_status::failed, ""); }))
        == task_status::failed);
  CHECK(get(after_cut([&] {
          return records->close_stale_tasks(std::chrono::seconds{0}, "");
        })).size()
        == 1);
}
