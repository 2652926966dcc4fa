// The controller's HTTP API: logs, whole and followed.

#include "controller/api/api_cursor.hpp"
#include "support/control_api_world.hpp"
#include "support/control_rows.hpp"

#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using nlohmann::json;

using strings = std::vector<std::string>;

namespace {

/// Reads the next line that a follower of a log gets, in a chunk of its own.
/// @returns the line; null: the answer is at its end.
json next_line(raw_client& client) {
  auto size = client.read_line();
  auto text = client.read_line();
  client.read_line();
  return size == "0\r" ? json{} : json::parse(text.value());
}

} // namespace

TEST_CASE("the log may be read from a time on") {
  control_api_world at;
  auto row = task("t", 1);
  row.status = task_status::success;
  at.service.put(row);
  // The first is of 22:13:20.123456.
  for (int i = 0; i < 10; ++i)
    at.service.put("t", line(i));
  auto since = [&at](const std::string& time) {
    strings out;
    auto page = json_of(at.get("/tasks/t/logs?since=" + time));
    for (const auto& one : page.at("logs"))
      out.push_back(one.at("id"));
    return out;
  };
  CHECK(since("").size() == 10);
  CHECK(since("2023-11-14T22:13:20Z").size() == 10);
  CHECK(since("2023-11-14T22:13:20.131456Z") == strings{"id-8", "id-9"});
  CHECK(since("2023-11-14T23:13:20.131457%2B01:00") == strings{"id-9"});
  CHECK(since("2023-11-14T22:13:21Z").empty());
  auto followed =
      at.get("/tasks/t/logs?follow=1&since=2023-11-14T22:13:20.131457Z");
  CHECK(json_of(followed).at("id") == "id-9");
}

TEST_CASE("pages of a log follow each other without gaps") {
  control_api_world at;
  at.service.put(task("t", 1));
  auto empty = json_of(at.get("/tasks/t/logs"));
  CHECK(empty == json{{"ok", true}, {"logs", json::array()}, {"more", false}});
  for (int i = 0; i < 10; ++i)
    at.service.put("t", line(i));
  auto first = json_of(at.get("/tasks/t/logs")).at("logs").at(0);
  auto cursor = first.at("cursor").get<std::string>();
  CHECK(first
        == json{{"id", "id-0"},
                {"level", "INFO"},
                {"logger", "source"},
                {"message", "line 0"},
                {"timestamp", "2023-11-14T22:13:20.123456Z"},
                {"cursor", cursor}});
  strings all;
  std::string next;
  for (;;) {
    auto page = json_of(at.get("/tasks/t/logs?limit=3"
                               + (next.empty() ? "" : "&after=" + next)));
    if (page.at("logs").empty()) {
      // Still there, for later lines.
      CHECK(page.at("next") == next);
      break;
    }
    for (const auto& one : page.at("logs"))
      all.push_back(one.at("message"));
    next = page.at("next");
  }
  CHECK(all.size() == 10);
  CHECK(all.back() == "line 9");
  // From a line on.
  auto rest = json_of(at.get("/tasks/t/logs?after=" + cursor));
  CHECK(rest.at("logs").size() == 9);
  // A check has lines, but no row.
  at.service.put("check", line(1));
  CHECK(json_of(at.get("/tasks/check/logs")).at("logs").size() == 1);
  CHECK(at.get("/tasks/none/logs").status == 404);
  CHECK(at.get("/tasks/none/logs?follow=true").status == 404);
}

TEST_CASE("a check's log is not mixed with that of a task named like its "
          "storage key") {
  control_api_world at;
  at.service.put(task("both", 1));
  at.service.put("both", line(1));
  at.service.put("key:both", line(2));
  at.service.put("key:k", line(3));
  at.service.put("spec:a/b:1", line(4));
  at.service.put("old", line(5));
  auto messages = [&at](const std::string& id) {
    std::string out;
    auto page = json_of(at.get("/tasks/" + id + "/logs"));
    for (const auto& one : page.at("logs"))
      out += one.at("message").get<std::string>() + ';';
    return out;
  };
  CHECK(messages("both") == "line 1;");
  CHECK(messages("key:both") == "line 2;");
  CHECK(messages("k") == "line 3;");
  CHECK(messages("a%2Fb:1") == "line 4;");
  CHECK(messages("old") == "line 5;");
  CHECK(at.get("/tasks/none/logs").status == 404);
}

TEST_CASE("a follower of a log gets all lines, until the task ends") {
  control_api_world at;
  at.service.put(task("t", 1));
  at.service.put("t", line(0));
  auto client = at.connect();
  client.send(request_text("GET", "/tasks/t/logs?follow=true"));
  auto head = client.read_head();
  REQUIRE(head);
  CHECK(head->status == 200);
  CHECK(head->headers.at("content-type") == "application/x-ndjson");
  auto next = [&client] {
    return next_line(client);
  };
  CHECK(next().at("message") == "line 0");
  auto odd = line(1);
  odd.message = "two\nlines \"\xff\U0001F697";
  at.service.put("t", odd);
  auto second = next();
  CHECK(second.at("message") == "two\nlines \"\xef\xbf\xbd\U0001F697");
  // A database that is away for a moment is waited for.
  at.service.answer(failure{ec::database_unavailable, "away"});
  auto seen = at.service.found.load();
  while (at.service.found < seen + 3)
    std::this_thread::yield();
  at.service.answer({});
  at.service.put("t", line(2));
  CHECK(next().at("message") == "line 2");
  // The last lines come with the end.
  auto ended = task("t", 1);
  ended.status = task_status::success;
  at.service.put("t", line(3));
  at.service.put(ended);
  CHECK(next().at("message") == "line 3");
  CHECK(client.read_line() == "0\r");
  // From where somebody was.
  auto again = at.get("/tasks/t/logs?follow=1&after="
                      + second.at("cursor").get<std::string>());
  CHECK(std::count(again.body.begin(), again.body.end(), '\n') == 2);
  CHECK(json::parse(again.body.substr(0, again.body.find('\n'))).at("message")
        == "line 2");
}

TEST_CASE("a follower of a log gets lines that are stored late, each once") {
  control_api_world at;
  at.service.put(task("t", 1));
  at.service.put("t", line(0));
  auto client = at.connect();
  client.send(request_text("GET", "/tasks/t/logs?follow=true"));
  REQUIRE(client.read_head());
  auto next = [&client] {
    return next_line(client).at("message");
  };
  CHECK(next() == "line 0");
  at.service.put("t", line(5));
  CHECK(next() == "line 5");
  // Of another writer, who stores later what is older.
  at.service.put("t", line(3));
  CHECK(next() == "line 3");
  at.service.put("t", line(6));
  CHECK(next() == "line 6");
  at.service.put("t", line(1));
  CHECK(next() == "line 1");
  // With the end of the task, too.
  auto ended = task("t", 1);
  ended.status = task_status::success;
  at.service.put("t", line(4));
  at.service.put(ended);
  CHECK(next() == "line 4");
  CHECK(client.read_line() == "0\r");
}

TEST_CASE("a follower of a long log gets it whole") {
  control_api_world at;
  auto row = task("t", 1);
  row.status = task_status::failed;
  at.service.put(row);
  for (int i = 0; i < 5000; ++i)
    at.service.put("t", line(i));
  auto answer = at.get("/tasks/t/logs?follow=true&limit=1");
  CHECK(answer.whole);
  size_t count = 0;
  for (size_t from = 0, end = 0;
       (end = answer.body.find('\n', from)) != std::string::npos;
       from = end + 1)
    CHECK(json::parse(answer.body.substr(from, end - from)).at("message")
          == "line " + std::to_string(count++));
  CHECK(count == 5000);
}

TEST_CASE("a log whose database stays away ends with the reason") {
  control_api_world at;
  at.service.put(task("t", 1));
  auto client = at.connect();
  client.send(request_text("GET", "/tasks/t/logs?follow=true"));
  REQUIRE(client.read_head());
  const auto [code, name] =
      GENERATE(std::pair{ec::database_unavailable, "unavailable"},
               std::pair{ec::database_rejected, "internal_error"});
  at.service.answer(failure{code, "the \"reason\""});
  auto rest = client.read_line();
  auto last = json::parse(*client.read_line());
  CHECK(last
        == json{{"ok", false}, {"error", "the \"reason\""}, {"code", name}});
}

TEST_CASE("followers are bounded, and end with the server") {
  http_server_settings settings;
  settings.streams = 3;
  settings.threads = 6;
  control_api_world at{{}, {}, settings};
  at.service.put(task("t", 1));
  std::vector<raw_client> clients;
  auto follow = request_text("GET", "/tasks/t/logs?follow=true");
  for (int i = 0; i < 3; ++i) {
    clients.push_back(at.connect());
    clients.back().send(follow);
    CHECK(clients.back().read_head()->status == 200);
  }
  CHECK(at.get("/tasks/t/logs?follow=true").status == 429);
  CHECK(at.get("/tasks/t/logs").status == 200);
  // One goes: its place is free.
  clients.back().reset();
  REQUIRE(at.log.await("GET /tasks/t/logs?follow=true 200"));
  clients.back() = at.connect();
  clients.back().send(follow);
  CHECK(clients.back().read_head()->status == 200);
  at.server->stop(1min);
  for (auto& client : clients)
    CHECK(client.read_to_end().value_or("nothing") == "0\r\n\r\n");
}
