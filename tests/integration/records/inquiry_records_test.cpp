// Specs, checks and discovers, found in the tables that keep their answers.

#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>

#include <map>

using namespace motorcade;
using namespace motorcade::test;

namespace {

struct inquiries : records_world {
  inquiries() : records_world{GENERATE(&postgres_world, &sqlite_world)()} {}

  void put(inquiry command, const std::string& key, task_status status,
           const std::string& words, const std::string& package = "p") {
    result_row row{command, package, "1", key, status, {}, words};
    if (status == task_status::success && command != inquiry::check)
      row.document = "{}";
    get(sidecar->put_result(row));
  }

  /// @returns the ids, in the order in which they are listed.
  std::string ids(const task_filter& filter = {}) const {
    std::string out;
    for (const auto& row : get(records->list_inquiries(filter)))
      out += (out.empty() ? "" : " ") + row.task_id;
    return out;
  }
};

constexpr auto well = task_status::success;
constexpr auto ill = task_status::failed;

} // namespace

TEST_CASE("specs, checks and discovers are listed with their outcomes") {
  inquiries r;
  CHECK(r.ids().empty());
  r.put(inquiry::spec, "", well, "");
  r.put(inquiry::check, "k", ill, "no such host");
  r.put(inquiry::check, "words", well, "all is \"well\"");
  r.put(inquiry::discover, "k", ill, "no right");
  result_row running{inquiry::discover, "p", "1", "new", {}, {}, {}};
  get(r.records->begin_result(running));
  std::map<std::string, task_record> found;
  for (auto& row : get(r.records->list_inquiries({})))
    found[row.task_id] = row;
  REQUIRE(found.size() == 5);
  auto& spec = found["spec:p:1"];
  CHECK(spec.command == "spec");
  CHECK(spec.status == well);
  CHECK(spec.storage_key.empty());
  CHECK(spec.log_id == "spec:p:1");
  auto& check = found["check:k"];
  CHECK(check.command == "check");
  CHECK(check.status == ill);
  CHECK(check.error == "no such host");
  CHECK(check.description.empty());
  CHECK(check.storage_key == "k");
  CHECK(check.log_id == "key:k");
  CHECK(check.package == "p");
  CHECK(check.version == "1");
  CHECK(check.sync_id.empty());
  CHECK(check.started_at == check.updated_at);
  CHECK(utc_now() - check.started_at < std::chrono::minutes{10});
  CHECK(found["check:words"].description == R"("all is \"well\"")");
  CHECK(found["check:words"].error.empty());
  CHECK(found["discover:p:1:k"].error == "no right");
  CHECK(found["discover:p:1:new"].status == task_status::running);
  CHECK(found["discover:p:1:new"].storage_key == "new");
}

TEST_CASE("a spec without a document counts as failed") {
  inquiries r;
  r.put(inquiry::spec, "", ill, "no such image");
  auto rows = get(r.records->list_inquiries({}));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].status == ill);
  CHECK(rows[0].error == "no such image");
}

TEST_CASE("specs, checks and discovers are filtered as tasks are") {
  inquiries r;
  r.put(inquiry::check, "a", ill, "x");
  r.put(inquiry::check, "b", well, "", "q");
  r.put(inquiry::spec, "", well, "", "q");
  task_filter filter;
  filter.statuses = {ill};
  CHECK(r.ids(filter) == "check:a");
  filter.statuses = {well, task_status::cancelled};
  CHECK(r.ids(filter).size() == std::string{"check:b spec:q:1"}.size());
  filter.statuses = {task_status::partial};
  CHECK(r.ids(filter).empty());
  filter.statuses.clear();
  filter.package = "p";
  CHECK(r.ids(filter) == "check:a");
  filter.package = "none";
  CHECK(r.ids(filter).empty());
  filter.package.clear();
  filter.sync_id = "a";
  CHECK(r.ids(filter).empty());
}

TEST_CASE("specs, checks and discovers come page by page, the newest first") {
  inquiries r;
  std::string all;
  for (int i = 0; i < 9; ++i) {
    auto name = std::to_string(i);
    auto kind = i % 3;
    if (kind == 0) {
      r.put(inquiry::check, name, well, "");
      r.age("source_check", "timestamp", i * 10, "key = '" + name + "'");
    } else if (kind == 1) {
      r.put(inquiry::discover, name, well, "");
      r.age("source_catalog", "timestamp", i * 10, "key = '" + name + "'");
    } else {
      r.put(inquiry::spec, "", well, "", name);
      r.age("source_spec", "timestamp", i * 10, "package = '" + name + "'");
    }
    all += (i > 0 ? " " : "")
           + (kind == 0   ? "check:" + name
              : kind == 1 ? "discover:p:1:" + name
                          : "spec:" + name + ":1");
  }
  CHECK(r.ids() == all);
  task_filter filter;
  filter.limit = 2;
  std::string gathered;
  for (;;) {
    auto page = get(r.records->list_inquiries(filter));
    CHECK(page.size() <= 2);
    if (page.empty())
      break;
    for (const auto& row : page)
      gathered += (gathered.empty() ? "" : " ") + row.task_id;
    filter.before = page.back().started_at;
    filter.before_task_id = page.back().task_id;
  }
  CHECK(gathered == all);
  // At one moment the ids decide.
  for (const auto* table : {"source_check", "source_catalog", "source_spec"})
    r.world->query("UPDATE " + std::string{table} + " SET timestamp = '"
                   + to_iso8601_micros(moment(0)) + "'");
  filter = {};
  filter.before = moment(0);
  filter.before_task_id = "discover:p:1:4";
  CHECK(r.ids(filter) == "discover:p:1:1 check:6 check:3 check:0");
}

TEST_CASE("a spec, check or discover is found by any of its names") {
  inquiries r;
  auto found = [&](const std::string& id) {
    auto row = get(r.records->find_inquiry(id));
    return row ? row->task_id : std::string{};
  };
  r.put(inquiry::spec, "", well, "", "airbyte/source-x");
  r.put(inquiry::discover, "k", ill, std::string(9'000, 'w'));
  r.age("source_catalog", "timestamp", 60, "1 = 1");
  for (const auto* id : {"k", "key:k", "discover:p:1:k"})
    CHECK(found(id) == "discover:p:1:k");
  CHECK(get(r.records->find_inquiry("k"))->error.size() == 9'000);
  r.put(inquiry::check, "k", well, "");
  // The newest of that name.
  for (const auto* id : {"k", "key:k", "check:k"})
    CHECK(found(id) == "check:k");
  CHECK(found("discover:p:1:k") == "discover:p:1:k");
  for (const auto* id : {"airbyte/source-x:1", "spec:airbyte/source-x:1"})
    CHECK(found(id) == "spec:airbyte/source-x:1");
  for (const auto* id : {"", "K", "check:", "key:", "spec:", "p:1", "' OR 1=1"})
    CHECK(found(id).empty());
}

TEST_CASE("inquiries of a table without times are not listed") {
  inquiries r;
  r.put(inquiry::check, "k", well, "");
  r.put(inquiry::spec, "", well, "");
  r.world->query("DROP TABLE source_check");
  r.world->query("CREATE TABLE source_check (package text, version text, key "
                 "text PRIMARY KEY, status text, description text)");
  r.world->query("INSERT INTO source_check VALUES ('p', '1', 'k', 'SUCCESS', "
                 "NULL)");
  auto fresh = prepared_records(r.world->url());
  auto rows = get(fresh->list_inquiries({}));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].task_id == "spec:p:1");
  CHECK_FALSE(get(fresh->find_inquiry("check:k")));
}
