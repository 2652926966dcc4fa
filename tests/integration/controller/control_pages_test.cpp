// The controller's HTTP API: pages end at a number of bytes, with any rows are,
// and nothing is lost between them.

#include "support/control_api_world.hpp"

#include <algorithm>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;

namespace {

const wall_time epoch{std::chrono::microseconds{1'700'000'000'000'000}};

/// The rest of an answer around its rows.
constexpr size_t frame = 1000;

/// Reads page after page.
/// @returns all rows.
json read_all(const control_api_world& at, const std::string& path,
              const char* list, const char* cursor, size_t& pages) {
  auto all = json::array();
  std::string next;
  for (pages = 1;; ++pages) {
    auto answer =
        at.get(path + (next.empty() ? "" : "&" + (cursor + ('=' + next))));
    REQUIRE(answer.status == 200);
    REQUIRE(answer.body.size() <= page_bytes + frame);
    auto body = json_of(answer);
    for (const auto& row : body.at(list))
      all.push_back(row);
    if (body.contains("more")) {
      if (!body.at("more").get<bool>())
        return all;
    } else if (!body.contains("next")) {
      return all;
    }
    REQUIRE_FALSE(body.at(list).empty());
    next = body.at("next");
  }
}

log_row line(int number, size_t size) {
  log_row out;
  out.id = "id-" + std::to_string(1000 + number);
  out.level = "INFO";
  out.logger = "source";
  out.message = std::string(size, static_cast<char>('a' + number % 26));
  out.time = epoch + std::chrono::milliseconds{number};
  return out;
}

} // namespace

TEST_CASE("pages of lines end at a number of bytes") {
  control_api_world at;
  for (int i = 0; i < 20; ++i)
    at.service.put("t", line(i, 900 << 10));
  for (int i = 20; i < 220; ++i)
    at.service.put("t", line(i, 10'000));
  size_t pages = 0;
  auto rows = read_all(at, "/tasks/t/logs?limit=1000", "logs", "after", pages);
  REQUIRE(rows.size() == 220);
  for (size_t i = 0; i < rows.size(); ++i)
    CHECK(rows[i].at("id") == "id-" + std::to_string(1000 + i));
  CHECK(pages >= 20);
  CHECK(pages <= 24);
  // A follower gets the same, in pieces.
  auto client = at.connect();
  task_record ended;
  ended.task_id = "t";
  ended.status = task_status::success;
  at.service.put(ended);
  auto answer = client.ask(request_text("GET", "/tasks/t/logs?follow=true"));
  REQUIRE(answer);
  CHECK(std::count(answer->body.begin(), answer->body.end(), '\n') == 220);
}

TEST_CASE("pages of tasks end at a number of bytes") {
  control_api_world at;
  for (int i = 0; i < 300; ++i) {
    task_record row;
    row.task_id = "t" + std::to_string(i);
    row.sync_id = "s";
    row.started_at = row.updated_at = epoch + std::chrono::seconds{i};
    row.description = R"({"a":")" + std::string(16'000, 'x') + "\"}";
    at.service.put(row);
  }
  size_t pages = 0;
  auto rows = read_all(at, "/tasks?limit=1000", "tasks", "before", pages);
  REQUIRE(rows.size() == 300);
  for (size_t i = 0; i < rows.size(); ++i)
    CHECK(rows[i].at("task_id") == "t" + std::to_string(299 - i));
  CHECK(pages == 5);
}

TEST_CASE("pages of states end at a number of bytes") {
  control_api_world at;
  for (int i = 0; i < 100; ++i)
    at.service.put("s", state_record{"stream-" + std::to_string(1000 + i),
                                     '"' + std::string(60'000, 'x') + '"',
                                     false, epoch});
  size_t pages = 0;
  auto rows =
      read_all(at, "/states?syncId=s&limit=1000", "states", "after", pages);
  REQUIRE(rows.size() == 100);
  for (size_t i = 0; i < rows.size(); ++i)
    CHECK(rows[i].at("stream") == "stream-" + std::to_string(1000 + i));
  // Each is in it twice: as JSON, and as a text.
  CHECK(pages == 13);
}

TEST_CASE("requests that wait leave threads for those that do not") {
  control_api_world at;
  std::vector<raw_client> crowd;
  at.service.hold();
  for (int i = 0; i < 40; ++i) {
    crowd.push_back(at.connect());
    crowd.back().send(request_text("GET", "/tasks"));
  }
  at.service.await_held(32);
  for (const auto* path : {"/", "/metrics", "/openapi.json"})
    CHECK(at.get(path).status == 200);
  auto refused = at.get("/tasks");
  CHECK(refused.status == 503);
  CHECK(refused.headers.at("retry-after") == "5");
  at.service.let_go();
  size_t answered = 0;
  for (auto& one : crowd)
    answered += one.read_answer()->status == 200 ? 1 : 0;
  CHECK(answered >= 32);
}
