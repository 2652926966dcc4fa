// The controller's HTTP API: tasks and states.

#include "controller/api/api_cursor.hpp"
#include "support/control_api_world.hpp"
#include "support/control_rows.hpp"

#include <algorithm>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::vector<std::string> ids(const json& answer) {
  std::vector<std::string> out;
  for (const auto& one : answer.at("tasks"))
    out.push_back(one.at("task_id"));
  return out;
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("a task is shown as its row stands") {
  control_api_world at;
  auto row = task("t", 1);
  row.started_by = R"({"trigger" : "manual", "n": 1.50e400})";
  row.description = R"({"users":{"events":12345678901234567890123}})";
  row.metrics = "not JSON";
  row.status = task_status::time_exceeded;
  row.error = "it \"broke\"\n\xff";
  at.service.put(row);
  auto answer = at.get("/tasks/t");
  CHECK(answer.status == 200);
  CHECK(answer.body
        == R"({"ok":true,"task":{"syncId":"s1","taskId":"t",)"
           R"("package":"airbyte/source-faker","version":"1",)"
           R"("startedAt":"2023-11-14T22:13:21.123456Z",)"
           R"("updatedAt":"2023-11-14T22:13:22.123456Z",)"
           R"("startedBy":{"trigger" : "manual", "n": 1.50e400},)"
           R"("status":"TIME_EXCEEDED",)"
           R"("description":{"users":{"events":12345678901234567890123}},)"
           R"("metrics":"not JSON","error":"it \"broke\"\n)"
           "\xef\xbf\xbd"
           R"(","command":"read","storageKey":null,)"
           R"("sync_id":"s1","task_id":"t",)"
           R"("started_at":"2023-11-14T22:13:21.123456Z",)"
           R"("updated_at":"2023-11-14T22:13:22.123456Z",)"
           R"("started_by":{"trigger" : "manual", "n": 1.50e400}}})");
  at.service.put(task("u", 1));
  auto bare = json_of(at.get("/tasks/u")).at("task");
  for (auto name : {"started_by", "description", "metrics", "error"})
    CHECK(bare.at(name).is_null());
  // What is too deep for most parsers is a text.
  row.started_by.clear();
  row.metrics = std::string(600, '[') + std::string(600, ']');
  at.service.put(row);
  CHECK(json_of(at.get("/tasks/t")).at("task").at("metrics").is_string());
  CHECK(at.get("/tasks/none").status == 404);
}

TEST_CASE("a check is shown with its storageKey, and its log is found") {
  control_api_world at;
  auto row = task("check:my/key", 1);
  row.command = "check";
  row.storage_key = "my/key";
  row.log_id = "key:my/key";
  at.service.put(row);
  at.service.put("key:my/key", log_row{"1", "INFO", "source", "said", epoch});
  auto shown = json_of(at.get("/tasks/check:my%2Fkey")).at("task");
  CHECK(shown.at("command") == "check");
  CHECK(shown.at("storageKey") == "my/key");
  auto lines = json_of(at.get("/tasks/check:my%2Fkey/logs"));
  REQUIRE(lines.at("logs").size() == 1);
  CHECK(lines.at("logs")[0].at("message") == "said");
}

TEST_CASE("tasks are listed by filters") {
  control_api_world at;
  for (int i = 0; i < 6; ++i) {
    auto row = task("t" + std::to_string(i), i);
    row.status = i < 2 ? task_status::failed : task_status::running;
    if (i == 5)
      row.package = "other";
    at.service.put(row);
  }
  auto list = [&at](const std::string& query) {
    auto answer = at.get("/tasks" + query);
    CHECK(answer.status == 200);
    auto body = json_of(answer);
    CHECK(body.at("ok") == true);
    CHECK_FALSE(body.contains("next"));
    return ids(body);
  };
  CHECK(list("") == strings{"t5", "t4", "t3", "t2", "t1", "t0"});
  CHECK(at.service.filters().back().limit == 101);
  CHECK(list("?sync_id=s1") == strings{"t5", "t3", "t1"});
  CHECK(list("?syncId=s0") == strings{"t4", "t2", "t0"});
  CHECK(list("?package=other") == strings{"t5"});
  CHECK(list("?status=FAILED") == strings{"t1", "t0"});
  CHECK(list("?status=failed,RUNNING&syncId=s1") == strings{"t5", "t3", "t1"});
  CHECK(list("?status=SUCCESS").empty());
  CHECK(list("?status=&sync_id=&limit=&before=").size() == 6);
  CHECK(list("?limit=1000").size() == 6);
  CHECK(at.service.filters().back().limit == 1001);
  CHECK(list("?syncId=nobody").empty());
}

TEST_CASE("pages of tasks follow each other without gaps") {
  control_api_world at;
  // Some have begun in the same moment.
  for (int i = 0; i < 25; ++i)
    at.service.put(task("t\u00e4/" + std::to_string(i), i / 4));
  auto whole = ids(json_of(at.get("/tasks")));
  CHECK(whole.size() == 25);
  for (auto limit : {1, 3, 5, 24, 25}) {
    strings all;
    std::string query = "/tasks?limit=" + std::to_string(limit);
    for (std::string next;;) {
      auto page =
          json_of(at.get(query + (next.empty() ? "" : "&before=" + next)));
      auto part = ids(page);
      all.insert(all.end(), part.begin(), part.end());
      if (!page.contains("next"))
        break;
      CHECK(part.size() == static_cast<size_t>(limit));
      next = page.at("next");
    }
    CHECK(all == whole);
  }
}

TEST_CASE("lists refuse unknown parameters and values") {
  control_api_world at;
  at.service.put(task("t", 1));
  auto log_cursor = write_cursor('l', {epoch, "id"});
  auto task_cursor = write_cursor('t', {epoch, "id"});
  std::vector<std::string> bad = {
      "/tasks?limit=0",
      "/tasks?limit=1001",
      "/tasks?limit=-1",
      "/tasks?limit=1x",
      "/tasks?limit=99999999999999999999",
      "/tasks?status=NONE",
      "/tasks?status=FAILED,,RUNNING",
      "/tasks?status=FAILED%20",
      "/tasks?sync_id=a&syncId=a",
      "/tasks?syncId=a&syncId=a",
      "/tasks?before=" + log_cursor,
      "/tasks/t/logs?after=" + task_cursor,
      "/tasks/t/logs?follow=maybe",
      "/tasks/t/logs?since=yesterday",
      "/tasks/t/logs?since=1969-12-31T23:59:59Z",
      "/tasks/t/logs?since=2262-01-01T00:00:00Z",
      "/tasks/t/logs?since=2024-01-01T00:00:00Z&after=" + log_cursor,
      "/tasks/t/logs?limit=0",
      "/tasks?before=" + task_cursor + "0",
      "/tasks?before=" + task_cursor + "00",
      "/tasks?before=" + task_cursor.substr(0, 11),
      "/tasks?before=" + write_cursor('t', {wall_time{} - 1s, "id"}),
      "/tasks?before=" + write_cursor('t', {wall_time::max(), "id"}),
      "/tasks?before=" + write_cursor('t', {epoch, std::string("a\0b", 3)}),
      "/tasks?before=t",
      "/tasks?before=1",
      "/tasks?before=%00",
      "/tasks?before=" + std::string(10000, 'a'),
  };
  for (const auto& target : bad) {
    INFO(target.substr(0, 200));
    CHECK(at.get(target).status == 400);
  }
  CHECK(at.get("/tasks?before=" + task_cursor).status == 200);
  // A character of a cursor that is another is refused or means a place; the
  // server lives on.
  for (size_t i = 0; i < task_cursor.size(); ++i)
    for (char c : {'0', 'f', 'g', 'F'}) {
      auto other = task_cursor;
      other[i] = c;
      auto status = at.get("/tasks?before=" + other).status;
      CHECK((status == 200 || status == 400));
    }
}

TEST_CASE("a cursor is only valid for its own kind") {
  for (const page_end& end :
       {page_end{}, page_end{epoch, "a"}, page_end{epoch, " a b "},
        page_end{epoch, "\U0001F697"}, page_end{epoch, std::string(300, 'x')}})
    CHECK(read_cursor('t', write_cursor('t', end)) == end);
  CHECK_FALSE(read_cursor('t', ""));
}

TEST_CASE("states are shown as they were saved") {
  control_api_world at;
  at.service.put("s", state_record{"users", R"({"n": 1.000000000000000000010})",
                                   false, epoch});
  at.service.put("s",
                 state_record{"z", std::string(70'000, 'x'), false, epoch});
  auto answer = at.get("/states?syncId=s");
  CHECK(answer.status == 200);
  CHECK(answer.body
        == R"({"ok":true,"states":[{"stream":"users",)"
           R"("value":{"n": 1.000000000000000000010},)"
           R"("state":"{\"n\": 1.000000000000000000010}","omitted":false,)"
           R"("timestamp":"2023-11-14T22:13:20.123456Z"},{"stream":"z",)"
           R"("value":null,"state":null,"omitted":true,)"
           R"("timestamp":"2023-11-14T22:13:20.123456Z"}]})");
  auto first = json_of(at.get("/states?syncId=s&limit=1"));
  CHECK(first.at("states").size() == 1);
  std::string next = first.at("next");
  auto second = json_of(at.get("/states?syncId=s&limit=1&after=" + next));
  CHECK(second.at("states").at(0).at("stream") == "z");
  CHECK_FALSE(second.contains("next"));
  at.service.put("odd", state_record{"a\nb", "{}", false, epoch});
  at.service.put("odd", state_record{"c", "{}", false, epoch});
  next = json_of(at.get("/states?syncId=odd&limit=1")).at("next");
  CHECK(json_of(at.get("/states?syncId=odd&after=" + next))
            .at("states")
            .at(0)
            .at("stream")
        == "c");
  CHECK(json_of(at.get("/states?syncId=nobody")).at("states").empty());
  CHECK(at.get("/states").status == 400);
  CHECK(at.get("/states?syncId=s&after=x").status == 400);
}

TEST_CASE("all states of a sync are one document") {
  control_api_world at;
  const std::string large = R"({"x":")" + std::string(200'000, 'x') + R"("})";
  for (int i = 0; i < 150; ++i)
    at.service.put("s", state_record{"stream " + std::to_string(i),
                                     i == 7 ? large : R"({"n": 1.50e400})",
                                     false, epoch});
  auto answer = at.get("/states?syncId=s&format=state");
  CHECK(answer.status == 200);
  CHECK(answer.body.find(large) != std::string::npos);
  auto state = parse_state(answer.body);
  REQUIRE(state);
  CHECK(state->named().size() == 150);
  CHECK(at.get("/states?syncId=nobody&format=state").body == "{}");
  CHECK(at.get("/states?syncId=nobody&format=rows").status == 200);
  at.service.put("l",
                 state_record{"_LEGACY_STATE", R"({ "a":1 })", false, epoch});
  CHECK(at.get("/states?syncId=l&format=state").body == R"({ "a":1 })");
}

TEST_CASE("a whole state that is too large for an answer is refused") {
  control_api_world at;
  const auto of_all = GENERATE(true, false);
  if (of_all)
    at.service.put("s", state_record{"_GLOBAL_STATE",
                                     "\"" + std::string(page_bytes, 'x') + '"',
                                     false, epoch});
  // Each is small, and what stands around them in a document counts, too.
  for (int i = 0; !of_all && i < 8'000; ++i)
    at.service.put(
        "s", state_record{"stream " + std::to_string(i), "{}", false, epoch});
  auto answer = at.get("/states?syncId=s&format=state");
  CHECK(answer.status == 413);
  auto why = json_of(answer).at("error").get<std::string>();
  CHECK_THAT(why, Catch::Matchers::ContainsSubstring("1048576 at most"));
  CHECK_THAT(why, Catch::Matchers::ContainsSubstring("continue=true"));
  CHECK(at.get("/states?syncId=s").status == 200);
}
