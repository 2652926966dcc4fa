// Notifications that wait while their sync is changed.

#include "controller/sync_files/file_reconciler.hpp"
#include "controller/syncs/announcements.hpp"
#include "controller/syncs/message_sender.hpp"
#include "support/api_stand_in.hpp"
#include "support/syncs_api.hpp"

#include <catch2/catch_all.hpp>

#include <future>
#include <latch>
#include <memory>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

/// @returns a sync that tells those addresses of a failure.
std::string body_with(const std::vector<std::string>& urls,
                      const std::string& event = "failed") {
  auto body = nlohmann::json::parse(kept_body);
  body["notifications"] = nlohmann::json::array();
  for (const auto& url : urls)
    body["notifications"].push_back({{"url", url}, {"events", {event}}});
  return body.dump();
}

/// Reports a failure of the sync, whose messages wait then.
void fail(syncs_api& at, const std::string& id, wall_time now) {
  sync_run run;
  run.id = make_uuid();
  run.sync_id = id;
  run.stage = run_stage::failed;
  const auto row = *get(at.world.records.find(id));
  get(announce_failure(at.world.rows.messages, run, get(open_part_of(row)),
                       now));
}

void send(syncs_api& at, wall_time now) {
  message_sender sender{at.store, at.world.keys, at.webhooks};
  get(sender.send_due(now));
}

} // namespace

TEST_CASE("a message goes to the webhook that it was made for, or nowhere") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  api_stand_in first;
  api_stand_in second;
  const auto now = utc_now();
  const auto put = [&](const std::string& body) {
    CHECK(at.ask("PUT", "/syncs/crm", body).status < 300);
  };
  // The second webhook stays.
  put(body_with({first.url() + "/a", second.url() + "/kept"}));
  fail(at, "crm", now);
  put(body_with({second.url() + "/b", second.url() + "/kept"}));
  send(at, now);
  CHECK(first.calls().empty());
  REQUIRE(second.calls().size() == 1);
  CHECK(second.calls()[0].line() == "POST /kept");
  CHECK(get(at.world.rows.messages.due(now + 1h, 10)).empty());
  // What is announced since goes to the new one.
  fail(at, "crm", now);
  send(at, now);
  CHECK(second.calls().size() == 3);
}

TEST_CASE("a message of an event that its webhook no longer wants is dropped") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  api_stand_in server;
  const auto now = utc_now();
  const auto url = server.url() + "/hook";
  CHECK(at.ask("PUT", "/syncs/crm", body_with({url})).status == 201);
  fail(at, "crm", now);
  CHECK(at.ask("PUT", "/syncs/crm", body_with({url}, "paused")).status == 200);
  send(at, now);
  CHECK(server.calls().empty());
  CHECK(get(at.world.rows.messages.due(now + 1h, 10)).empty());
  CHECK(at.world.log.has("no longer wants this event"));
}

TEST_CASE("a test is sent to all webhooks at the same time") {
  syncs_api at{sqlite_world()};
  // Each answers only once both are asked.
  std::latch asked{2};
  const auto answer = [&](const api_call&) {
    asked.arrive_and_wait();
    return 200;
  };
  api_stand_in first{answer};
  api_stand_in second{answer};
  CHECK(
      at.ask("PUT", "/syncs/crm", body_with({first.url(), second.url()})).status
      == 201);
  const auto sent = at.ask("POST", "/syncs/crm/notifications/test");
  CHECK(sent.status == 200);
  const auto told = nlohmann::json::parse(sent.body);
  CHECK(told["notifications"].size() == 2);
  for (const auto& one : told["notifications"])
    CHECK(one["ok"] == true);
}

TEST_CASE("many tests of notifications do not keep the API from answering") {
  syncs_api at{sqlite_world()};
  std::latch asked{4};
  std::latch leave{1};
  std::vector<std::future<int>> tests;
  std::vector<std::unique_ptr<api_stand_in>> servers;
  for (int i = 0; i < 4; ++i) {
    const auto id = "sync" + std::to_string(i);
    servers.push_back(std::make_unique<api_stand_in>([&](const api_call&) {
      if (!leave.try_wait()) {
        asked.count_down();
        leave.wait();
      }
      return 200;
    }));
    CHECK(
        at.ask("PUT", "/syncs/" + id, body_with({servers.back()->url()})).status
        == 201);
    tests.push_back(std::async(std::launch::async, [&at, id] {
      const auto answer = raw_client{at.server->port()}.ask(
          request_text("POST", "/syncs/" + id + "/notifications/test", "", ""));
      return answer ? answer->status : 0;
    }));
  }
  asked.wait();
  CHECK(at.ask("POST", "/syncs/sync0/notifications/test").status == 429);
  CHECK(at.ask("GET", "/syncs").status == 200);
  leave.count_down();
  for (auto& one : tests)
    CHECK(one.get() == 200);
  CHECK(at.ask("POST", "/syncs/sync0/notifications/test").status == 200);
}

TEST_CASE("a changed file gives up the messages to its former webhook") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  api_stand_in server;
  const auto now = utc_now();
  const auto apply = [&](const std::string& path) {
    sync_file file;
    file.name = "crm.json";
    file.sync_id = "crm";
    file.document = body_with({server.url() + path});
    file.sync = get(parse_sync(file.document, "crm"));
    CHECK(get(reconcile_files(at.world.rows, at.world.keys, at.webhooks.reach(),
                              {file}, now))
              .empty());
  };
  apply("/first");
  fail(at, "crm", now);
  apply("/second");
  send(at, now);
  CHECK(server.calls().empty());
  fail(at, "crm", now);
  apply("/second");
  send(at, now);
  REQUIRE(server.calls().size() == 1);
  CHECK(server.calls()[0].line() == "POST /second");
}
