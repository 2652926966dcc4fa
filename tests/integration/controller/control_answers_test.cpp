// The controller's HTTP API: answers of specs, checks and discovers, searched
// logs, logs as files, counts of tasks, and the form of answers.

#include "controller/api/log_text.hpp"
#include "runtime/http/server/gzip_reply.hpp"
#include "support/control_api_world.hpp"

#include <zlib.h>

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const wall_time epoch{std::chrono::seconds{1'700'000'000}};

log_row line(int n, const std::string& message = "said") {
  return {"id" + std::to_string(1000 + n), "INFO", "source", message,
          epoch + std::chrono::seconds{n}};
}

/// @returns what gzip made this of.
std::string unpacked(const std::string& bytes) {
  z_stream z = {};
  REQUIRE(inflateInit2(&z, MAX_WBITS + 16) == Z_OK);
  std::string in = bytes;
  z.next_in = reinterpret_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  std::string out;
  char part[4096];
  int status = Z_OK;
  while (status == Z_OK) {
    z.next_out = reinterpret_cast<Bytef*>(part);
    z.avail_out = sizeof part;
    status = inflate(&z, Z_NO_FLUSH);
    out.append(part, sizeof part - z.avail_out);
  }
  inflateEnd(&z);
  CHECK(status == Z_STREAM_END);
  return out;
}

std::vector<std::string> ids(const json& answer) {
  std::vector<std::string> out;
  for (const auto& one : answer.at("logs"))
    out.push_back(one.at("id"));
  return out;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("what a spec, a check and a discover have answered is shown") {
  control_api_world at;
  at.service.put(inquiry_answer{
      task_status::success, R"({"n":1.000000000000000000010})", 27, "", epoch});
  CHECK(
      at.get("/specs?package=a/b&version=1").body
      == R"({"ok":true,"status":"SUCCESS","spec":{"n":1.000000000000000000010},)"
         R"("error":null,"at":"2023-11-14T22:13:20.000000Z"})");
  CHECK(json_of(at.get("/catalogs/k%2Fey")).at("catalog").is_object());
  at.service.put(
      inquiry_answer{task_status::failed, "", 0, "no such host", epoch});
  CHECK(json_of(at.get("/checks/k%2Fey"))
        == json{{"ok", true},
                {"status", "FAILED"},
                {"message", "no such host"},
                {"at", "2023-11-14T22:13:20.000000Z"}});
  CHECK(json_of(at.get("/catalogs/k?package=a/b&version=1")).at("error")
        == "no such host");
  at.service.put(inquiry_answer{});
  CHECK(json_of(at.get("/specs?package=a/b&version=1"))
        == json{{"ok", true},
                {"status", "RUNNING"},
                {"spec", nullptr},
                {"error", nullptr},
                {"at", nullptr}});
  const auto asked = at.service.asked();
  REQUIRE(asked.size() == 5);
  CHECK(asked[0].command == inquiry::spec);
  CHECK(asked[0].package == "a/b");
  CHECK(asked[1].command == inquiry::discover);
  CHECK(asked[1].key == "k/ey");
  CHECK(asked[1].package.empty());
  CHECK(asked[2].command == inquiry::check);
  CHECK(asked[3].version == "1");
  // An image is named by both.
  CHECK(at.get("/catalogs/k?package=a/b").status == 400);
  CHECK(at.get("/checks/" + std::string(201, 'k')).status == 400);
  at.service.put(inquiry_answer{task_status::success, "", 9 << 20, "", epoch});
  CHECK(at.get("/catalogs/k").status == 413);
  at.service.answer(failure{ec::not_found, "there is none"});
  CHECK(at.get("/checks/k").status == 404);
}

TEST_CASE("who starts a check may wait for its answer") {
  control_api_world at;
  const std::string body = R"({"config":{}})";
  const auto target = "/check?package=a/b&version=1&storageKey=k";
  // Without `wait` it is as ever.
  CHECK(at.ask("POST", target, body).body == R"({"ok":true,"status":"ok"})");
  at.service.put(inquiry_answer{task_status::success, "", 0, "fine", epoch});
  auto answer = json_of(at.ask("POST", std::string{target} + "&wait=60", body));
  CHECK(answer.at("status") == "SUCCESS");
  CHECK(answer.at("message") == "fine");
  // The time is over.
  at.service.put(inquiry_answer{});
  answer = json_of(at.ask("POST", std::string{target} + "&wait=1", body));
  CHECK(answer.at("status") == "RUNNING");
  CHECK(json_of(at.get("/spec?package=a/b&version=1&wait=1")).at("status")
        == "RUNNING");
  CHECK(at.service.started().size() == 4);
  CHECK(at.ask("POST", std::string{target} + "&wait=61", body).status == 400);
  CHECK(at.ask("POST", "/read?wait=1", body).status == 400);
}

TEST_CASE("lines are read backwards from the end") {
  control_api_world at;
  task_record task;
  task.task_id = "t";
  at.service.put(task);
  for (int i = 0; i < 10; ++i)
    at.service.put("t", line(i));
  auto page = json_of(at.get("/tasks/t/logs?before=end&limit=4"));
  CHECK(ids(page) == names{"id1006", "id1007", "id1008", "id1009"});
  CHECK(page.at("more") == true);
  page = json_of(at.get("/tasks/t/logs?limit=4&before="
                        + page.at("next").get<std::string>()));
  CHECK(ids(page) == names{"id1002", "id1003", "id1004", "id1005"});
  // The cursor of a line serves as well.
  const std::string cursor = page.at("logs")[0].at("cursor");
  page = json_of(at.get("/tasks/t/logs?limit=4&before=" + cursor));
  CHECK(ids(page) == names{"id1000", "id1001"});
  CHECK(page.at("more") == false);
  CHECK_FALSE(page.contains("next"));
  CHECK(at.get("/tasks/t/logs?before=end&after=" + cursor).status == 400);
  CHECK(at.get("/tasks/t/logs?before=end&follow=true").status == 400);
  CHECK(at.get("/tasks/t/logs?before=x").status == 400);
  CHECK(at.get("/tasks/none/logs?before=end").status == 404);
}

TEST_CASE("a page read backwards keeps the lines next to where it begins") {
  control_api_world at;
  task_record task;
  task.task_id = "t";
  at.service.put(task);
  for (int i = 0; i < 10; ++i)
    at.service.put("t", line(i, std::string(300'000, 'x')));
  const auto page = json_of(at.get("/tasks/t/logs?before=end"));
  CHECK(ids(page) == names{"id1007", "id1008", "id1009"});
  CHECK(page.at("more") == true);
  const auto rest = json_of(
      at.get("/tasks/t/logs?before=" + page.at("next").get<std::string>()));
  CHECK(ids(rest) == names{"id1004", "id1005", "id1006"});
}

TEST_CASE("a search says how far it came") {
  control_api_world at;
  task_record task;
  task.task_id = "t";
  at.service.put(task);
  at.service.put("t", line(1));
  at.service.reach(log_position{epoch + 1h, "id9"});
  auto page = json_of(at.get("/tasks/t/logs?level=warn&q=no%20such"));
  CHECK(page.at("more") == true);
  const auto search = at.service.searches().back();
  CHECK(search.least == log_level::warn);
  CHECK(search.words == "no such");
  CHECK_FALSE(search.backward);
  page = json_of(
      at.get("/tasks/t/logs?q=x&after=" + page.at("next").get<std::string>()));
  REQUIRE(at.service.searches().back().from);
  CHECK(at.service.searches().back().from->time == epoch + 1h);
  CHECK(at.service.searches().back().from->id == "id9");
  at.service.reach({});
  page = json_of(at.get("/tasks/t/logs?q=x"));
  CHECK(page.at("more") == false);
  // Later lines may come behind this one.
  CHECK(page.at("next") == page.at("logs")[0].at("cursor"));
  CHECK(at.get("/tasks/t/logs?level=loud").status == 400);
  CHECK(at.get("/tasks/t/logs?q=x&follow=1").status == 400);
}

TEST_CASE("a log is downloaded as a file") {
  control_api_world at;
  task_record task;
  task.task_id = "a/\"b";
  at.service.put(task);
  constexpr int count = 3000;
  for (int i = 0; i < count; ++i)
    at.service.put(task.task_id, line(i, i == 1 ? "two\r\nlines" : "said"));
  const auto answer = at.get("/tasks/a%2F%22b/logs.txt");
  CHECK(answer.status == 200);
  CHECK(answer.headers.at("content-type") == "text/plain; charset=utf-8");
  CHECK(answer.headers.at("content-disposition")
        == "attachment; filename=\"a__b.log\"");
  CHECK(answer.body.starts_with("2023-11-14T22:13:20.000Z INFO source: said\n"
                                "2023-11-14T22:13:21.000Z INFO source: two\n"
                                "    lines\n"));
  CHECK(std::count(answer.body.begin(), answer.body.end(), '\n') == count + 1);
  CHECK(at.get("/tasks/none/logs.txt").status == 404);
}

TEST_CASE("tasks are counted by their status") {
  control_api_world at;
  for (int i = 0; i < 6; ++i) {
    task_record task;
    task.task_id = "t" + std::to_string(i);
    task.started_at = epoch + std::chrono::hours{i};
    task.command = i == 0 ? "check" : "read";
    task.status = i < 2 ? task_status::failed : task_status::success;
    at.service.put(task);
  }
  auto page = json_of(at.get("/tasks?counts=true&limit=1"));
  CHECK(page.at("tasks").size() == 1);
  CHECK(page.at("counts")
        == json{{"RUNNING", 0},
                {"SUCCESS", 4},
                {"PARTIAL", 0},
                {"FAILED", 2},
                {"CANCELLED", 0},
                {"TIME_EXCEEDED", 0}});
  // Of the next page as well.
  page = json_of(at.get("/tasks?counts=true&limit=1&before="
                        + page.at("next").get<std::string>()));
  CHECK(page.at("counts").at("SUCCESS") == 4);
  CHECK_FALSE(json_of(at.get("/tasks")).contains("counts"));
  const auto size = [&](const std::string& query) {
    return json_of(at.get("/tasks?" + query)).at("tasks").size();
  };
  CHECK(size("kind=check") == 1);
  CHECK(size("kind=check,read") == 6);
  CHECK(size("kind=read&status=failed") == 1);
  CHECK(size("from=2023-11-15T00:13:20Z&to=2023-11-15T02:13:20Z") == 2);
  CHECK(at.get("/tasks?kind=reads").status == 400);
  CHECK(at.get("/tasks?from=yesterday").status == 400);
}

TEST_CASE("answers are compressed for whoever takes them so") {
  control_api_world at;
  const auto plain = at.get("/openapi.json");
  CHECK_FALSE(plain.headers.contains("content-encoding"));
  CHECK(plain.headers.at("vary") == "Accept-Encoding");
  const std::string taken = "Accept-Encoding: br, gzip\r\n";
  const auto small = at.ask("GET", "/openapi.json", {}, taken);
  CHECK(small.headers.at("content-encoding") == "gzip");
  CHECK(small.body.size() < plain.body.size() / 3);
  CHECK(unpacked(small.body) == plain.body);
  // Little is left as it is.
  CHECK_FALSE(
      at.ask("GET", "/health", {}, taken).headers.contains("content-encoding"));
  // The two forms of the page have validators of their own, and each counts.
  const auto page = at.ask("GET", "/", {}, taken);
  const auto tag = page.headers.at("etag");
  CHECK(tag != at.get("/").headers.at("etag"));
  for (const auto& one : {tag, at.get("/").headers.at("etag")})
    CHECK(at.ask("GET", "/", {}, "If-None-Match: " + one + "\r\n").status
          == 304);
  task_record task;
  task.task_id = "t";
  task.status = task_status::success;
  at.service.put(task);
  for (int i = 0; i < 500; ++i)
    at.service.put("t", line(i));
  const auto file = at.ask("GET", "/tasks/t/logs.txt", {}, taken);
  CHECK(file.headers.at("content-encoding") == "gzip");
  CHECK(file.whole);
  CHECK(unpacked(file.body) == at.get("/tasks/t/logs.txt").body);
  CHECK_FALSE(at.ask("GET", "/tasks/t/logs?follow=true", {}, taken)
                  .headers.contains("content-encoding"));
}

TEST_CASE("Accept-Encoding is read as it is meant") {
  for (const auto& [header, taken] :
       std::vector<std::pair<std::string, bool>>{{"", false},
                                                 {"gzip", true},
                                                 {"GZIP", true},
                                                 {"br,gzip;q=0.1", true},
                                                 {"gzip;q=0", false},
                                                 {"gzip; q=0.000", false},
                                                 {"*", true},
                                                 {"*;q=0", false},
                                                 {"gzip;q=0, *", false},
                                                 {"identity", false},
                                                 {"gzipped", false}}) {
    INFO(header);
    CHECK(accepts_gzip(header) == taken);
  }
}

TEST_CASE("HEAD is answered as GET, without a body") {
  control_api_world at;
  task_record task;
  task.task_id = "t";
  at.service.put(task);
  at.service.put("t", line(1));
  for (const std::string target :
       {"/openapi.json", "/tasks", "/tasks/t", "/syncs", "/health"}) {
    INFO(target);
    auto client = at.connect();
    client.send(request_text("HEAD", target));
    const auto head = client.read_answer(true);
    REQUIRE(head);
    CHECK(head->status == 200);
    CHECK(head->headers.at("content-length")
          == std::to_string(at.get(target).body.size()));
    // Nothing follows it.
    const auto next = client.ask(request_text("GET", "/health"));
    REQUIRE(next);
    CHECK(next->status == 200);
  }
  // What starts or ends something is no GET but in name.
  auto client = at.connect();
  client.send(request_text("HEAD", "/spec?package=a/b&version=1"));
  CHECK(client.read_answer(true)->status == 405);
  CHECK(at.service.started().empty());
}

TEST_CASE("connectors and the system are told") {
  control_api_world at;
  CHECK(json_of(at.get("/connectors")).at("connectors")[0]
        == json{{"package", "airbyte/source-x"},
                {"version", "1"},
                {"installed", true},
                {"specKnown", true},
                {"title", "X"},
                {"runs", 3},
                {"failures", 1},
                {"lastUsedAt", "1970-01-01T00:00:00.000000Z"}});
  auto system = json_of(at.get("/system"));
  CHECK(system.at("version") == "1");
  CHECK(system.at("isLeader") == true);
  CHECK(system.at("replicas") == json::array({"here"}));
  CHECK(system.at("disk")[0].at("freeBytes") == 1);
  CHECK(system.at("tasks").at("running") == 1);
  CHECK(system.at("tasks").at("waitingStarts").is_null());
  CHECK(system.at("syncs").at("kept") == true);
  at.service.leading = false;
  at.service.answer(failure{ec::database_unavailable, "away"});
  system = json_of(at.get("/system"));
  CHECK(system.at("database").at("ok") == false);
  CHECK(system.at("database").at("reason") == "away");
  CHECK(system.at("replicas") == json::array({"here", "there"}));
}

TEST_CASE("waits for an answer end when the server is about to stop") {
  control_api_world at;
  at.service.put(inquiry_answer{});
  at.api.end_waits();
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = json_of(at.get("/spec?package=a/b&version=1&wait=60"));
  CHECK(answer.at("status") == "RUNNING");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{30});
}

TEST_CASE("tables and their rows are shown") {
  control_api_world at;
  const auto tables = json_of(at.get("/tables/crm")).at("tables");
  REQUIRE(tables.size() == 2);
  CHECK(tables[0].at("readable") == true);
  CHECK(tables[1].at("readable") == false);
  CHECK(tables[1].at("reason") == "not here");
  CHECK(at.get("/tables/crm/users/rows?limit=7").body
        == R"({"ok":true,"columns":["id","name"],)"
           R"("rows":[["2",null],["1","one"]],"more":true,)"
           R"("order":"inserted"})");
  REQUIRE(at.tables.looks().size() == 1);
  CHECK(at.tables.looks()[0].rows == 7);
  CHECK(at.get("/tables/crm/none/rows").status == 404);
  CHECK(at.get("/tables/crm/orders/rows").status == 409);
  for (const std::string limit : {"501", "0", "-1", "1e9", "1000000000", "x"})
    CHECK(at.get("/tables/crm/users/rows?limit=" + limit).status == 400);
  CHECK(at.get("/tables/crm/users/rows?other=1").status == 400);
  // Whatever a table's name is, it is one segment of the path.
  for (const std::string name :
       {"..", "%2e%2e%2f..", "%22", "%27%3B--", "%C3%A4%F0%9F%98%80", "a%20b"})
    CHECK(at.get("/tables/crm/" + name + "/rows").status == 404);
  for (const std::string name : {"%00", "%FF", "a%0Ab"})
    CHECK(at.get("/tables/crm/" + name + "/rows").status == 400);
  CHECK(at.tables.looks().size() == 9);
  CHECK(at.get("/tables/crm/" + std::string(1101, 'a') + "/rows").status
        == 400);
}
