// What syncs tell by themselves, from a run's end to a real HTTP server.

#include "controller/syncs/announcements.hpp"
#include "controller/syncs/message_sender.hpp"
#include "runtime/webhook/webhook_sender.hpp"
#include "support/api_stand_in.hpp"
#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

/// A sync that tells a server of the test.
struct told_world {
  explicit told_world(world_ptr empty, const std::string& more = {})
      : world{std::move(empty)}, store{world.at.world->url(), {}} {
    world.keep("crm", R"("retries":{"delaysSeconds":[60],"pauseAfter":4},)"
                      R"("notifications":[{"url":")"
                          + server.url()
                          + R"(/hook/hunter2-path","secret":"hunter2-secret"})"
                          + more + "]");
  }

  /// Runs the sync by hand.
  void run(wall_time now, task_status outcome, const std::string& error = {}) {
    world.ask("crm", now);
    finish(now, outcome, error);
  }

  /// Ends the run that waits.
  void finish(wall_time now, task_status outcome, const std::string& error) {
    for (int i = 0; i < 3; ++i)
      world.step(now);
    get(world.tasks.end(world.tasks.reads.back().task_id, outcome, error));
    world.step(now);
  }

  /// Sends what is due.
  /// @returns the types of all messages so far.
  std::vector<std::string> told(wall_time now) {
    message_sender sender{store, world.keys, webhooks};
    get(sender.send_due(now));
    std::vector<std::string> out;
    for (const auto& call : server.calls())
      out.push_back(json::parse(call.body).value("type", "slack"));
    return out;
  }

  api_stand_in server;
  sync_world world;
  sync_store store;
  webhook_sender webhooks{get(webhook_reach::parse("127.0.0.1"))};
};

using strings = std::vector<std::string>;

} // namespace

TEST_CASE(
    "a failure is told once no further try follows, and so is the recovery") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  told_world at{make()};
  at.run(noon, task_status::failed, "the API is busy");
  // It is tried again.
  CHECK(at.told(noon).empty());
  at.finish(noon + 2min, task_status::failed, "the API is busy still");
  CHECK(at.told(noon + 2min) == strings{"sync.failed"});
  CHECK(at.told(noon + 3min).size() == 1);
  const auto call = at.server.calls()[0];
  CHECK(call.line() == "POST /hook/hunter2-path");
  const auto body = json::parse(call.body);
  CHECK(body["syncId"] == "crm");
  CHECK(body["error"] == "the API is busy still");
  CHECK(body["attempt"] == 2);
  CHECK(body["taskId"] == at.world.last("crm").id);
  CHECK(call.headers.at("webhook-signature").starts_with("v1,"));
  webhook_message expected{
      {}, "hunter2-secret", false, call.headers.at("webhook-id"), call.body};
  const wall_time sent{
      std::chrono::seconds{std::stoll(call.headers.at("webhook-timestamp"))}};
  const auto headers = webhook_headers(expected, call.body, sent);
  CHECK(headers.back()
        == "webhook-signature: " + call.headers.at("webhook-signature"));
  at.run(noon + 1h, task_status::success);
  CHECK(at.told(noon + 1h) == strings{"sync.failed", "sync.recovered"});
  at.run(noon + 2h, task_status::success);
  CHECK(at.told(noon + 2h).size() == 2);
}

TEST_CASE("a sync that is read only in part is told of, and its recovery") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  told_world at{make()};
  at.run(noon, task_status::partial, "stream a: it broke off");
  CHECK(at.told(noon).empty());
  at.finish(noon + 2min, task_status::partial, "stream a: it broke off");
  CHECK(at.told(noon + 2min) == strings{"sync.failed"});
  const auto body = json::parse(at.server.calls()[0].body);
  CHECK(body["status"] == "PARTIAL");
  CHECK(body["text"]
        == "Sync crm was read only in part: stream a: it broke off");
  at.run(noon + 1h, task_status::success);
  CHECK(at.told(noon + 1h) == strings{"sync.failed", "sync.recovered"});
}

TEST_CASE("runs by hand of a sync that is paused tell nothing more") {
  told_world at{sqlite_world()};
  for (int i = 0; i < 4; ++i)
    at.run(noon + std::chrono::hours{i}, task_status::failed,
           "no such key (config_error)");
  CHECK(at.told(noon + 4h).back() == "sync.paused");
  at.run(noon + 5h, task_status::failed, "no such key (config_error)");
  at.run(noon + 6h, task_status::failed, "busy");
  CHECK(at.told(noon + 7h).size() == 5);
  CHECK(get(at.world.records.active_runs()).empty());
}

TEST_CASE("a failure that a further try mends is not told, nor its end") {
  told_world at{sqlite_world()};
  at.run(noon, task_status::failed, "busy");
  at.finish(noon + 2min, task_status::success, {});
  CHECK(at.told(noon + 1h).empty());
}

TEST_CASE("a pause is told with its reason, and a config error at once") {
  told_world at{sqlite_world()};
  at.run(noon, task_status::failed, "no such key (config_error)");
  CHECK(at.told(noon) == strings{"sync.failed"});
  for (int i = 1; i < 4; ++i)
    at.run(noon + std::chrono::hours{i}, task_status::failed,
           "no such key (config_error)");
  const auto told = at.told(noon + 4h);
  CHECK(told.size() == 5);
  CHECK(told[3] == "sync.failed");
  CHECK(told.back() == "sync.paused");
  CHECK_THAT(
      json::parse(at.server.calls().back().body)["reason"].get<std::string>(),
      ContainsSubstring("4 runs failed"));
}

TEST_CASE("a change of the schema is told, to Slack in its own form") {
  api_stand_in slack;
  // Answers of discovers have the database's time.
  const auto now = utc_now();
  told_world at{sqlite_world(), R"(,{"format":"slack","url":")" + slack.url()
                                    + R"(/services/T/B/x"})"};
  const auto stream = [](const std::string& name) {
    return R"({"name":")" + name
           + R"(","json_schema":{},"supported_sync_modes":["full_refresh"]})";
  };
  at.world.tasks.catalog = R"({"streams":[)" + stream("a") + "]}";
  at.run(now, task_status::success);
  at.world.tasks.catalog =
      R"({"streams":[)" + stream("a") + "," + stream("b<c") + "]}";
  at.run(now + 48h, task_status::success);
  CHECK(at.told(now + 49h) == strings{"sync.schema_changed"});
  const auto body = json::parse(at.server.calls()[0].body);
  CHECK(body["changes"]["newStreams"] == json{"b<c"});
  CHECK(body["action"] == "follow_columns");
  REQUIRE(slack.calls().size() == 1);
  const auto text = json::parse(slack.calls()[0].body);
  CHECK(text.size() == 1);
  CHECK_THAT(text["text"].get<std::string>(),
             ContainsSubstring("new stream b&lt;c"));
}

TEST_CASE("a message waits in the database until it is taken") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  told_world at{make()};
  at.server.answer([](const api_call&) { return 503; });
  at.run(noon, task_status::failed, "no such key (config_error)");
  CHECK(at.told(noon).size() == 1);
  // Not before its time.
  CHECK(at.told(noon + 5s).size() == 1);
  auto now = noon;
  for (unsigned tries = 1; pause_after_tries(tries); ++tries) {
    now += *pause_after_tries(tries);
    CHECK(at.told(now).size() == tries + 1);
  }
  // That was the last try.
  at.server.answer([](const api_call&) { return 204; });
  const auto tries = at.told(now + 100h).size();
  CHECK(at.told(now + 200h).size() == tries);
  CHECK(at.world.log.has("is given up"));
  CHECK_FALSE(at.world.log.has("hunter2"));
  // Each try is of the same message.
  std::set<std::string> ids;
  for (const auto& call : at.server.calls())
    ids.insert(call.headers.at("webhook-id"));
  CHECK(ids.size() == 1);
}

TEST_CASE("a message that failed is sent once the server is back") {
  told_world at{sqlite_world()};
  at.server.answer([](const api_call&) { return 500; });
  at.run(noon, task_status::failed, "no such key (config_error)");
  at.told(noon);
  at.server.answer([](const api_call&) { return 200; });
  CHECK(at.told(noon + 10s).size() == 2);
  CHECK(at.told(noon + 100h).size() == 2);
}

TEST_CASE("messages to a host that is silent do not wait for each other") {
  told_world at{sqlite_world()};
  at.server.answer([](const api_call&) { return 500; });
  for (int i = 0; i < 3; ++i)
    at.run(noon + std::chrono::hours{i}, task_status::failed,
           "no such key (config_error)");
  CHECK(at.told(noon + 3h).size() == 1);
  CHECK(at.told(noon + 3h + 30s).size() == 2);
}

TEST_CASE("many messages to a host that is silent hold back no others") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  told_world at{make()};
  api_stand_in other;
  at.world.keep("other",
                R"("notifications":[{"url":")" + other.url() + R"(/hook"}])");
  at.server.answer([](const api_call&) { return 500; });
  const auto add = [&](const std::string& id, const std::string& sync,
                       wall_time due) {
    message_row note;
    note.id = id;
    note.sync_id = sync;
    note.body = R"({"type":"sync.failed"})";
    note.due_at = due;
    get(at.world.rows.messages.add(note));
  };
  for (int i = 0; i < 120; ++i)
    add("dead " + std::to_string(i), "crm", noon);
  add("good", "other", noon + 1s);
  CHECK(at.told(noon + 2s).size() == 1);
  CHECK(other.calls().size() == 1);
  // Only the one that was tried has a try less, and is due sooner.
  CHECK(get(at.world.rows.messages.due(noon + 31s, 200)).size() == 1);
  const auto waiting = get(at.world.rows.messages.due(noon + 32s, 200));
  CHECK(waiting.size() == 120);
  CHECK(std::count_if(waiting.begin(), waiting.end(),
                      [](const message_row& one) { return one.attempts == 1; })
        == 1);
  // Once the host is back all of them come.
  at.server.answer([](const api_call&) { return 200; });
  for (int i = 0; i < 3; ++i)
    at.told(noon + 32s);
  CHECK(at.server.calls().size() == 121);
}

TEST_CASE("messages of a sync that is gone are dropped") {
  told_world at{sqlite_world()};
  at.run(noon, task_status::failed, "no such key (config_error)");
  CHECK(get(at.world.records.erase("crm", "1")));
  CHECK(at.told(noon).empty());
}

TEST_CASE("no part of a webhook can be read in the database") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  told_world at{make()};
  at.run(noon, task_status::failed, "no such key (config_error)");
  at.told(noon);
  for (const auto* table : {"sync_definition", "sync_notification"})
    for (const auto& row :
         at.world.at.world->query(std::string{"SELECT * FROM "} + table))
      for (const auto& cell : row)
        CHECK_THAT(cell.value_or(""), !ContainsSubstring("hunter2"));
}

TEST_CASE("messages go only to hosts that may be reached") {
  api_stand_in server;
  webhook_message note;
  note.id = "id";
  note.body = "{}";
  note.url = server.url() + "/hook";
  // Not by http.
  auto sent = webhook_sender{webhook_reach{}}.send(note, noon);
  REQUIRE_FALSE(sent);
  CHECK_THAT(sent.error().what, ContainsSubstring("https"));
  // Not to an address of this machine, whatever its name is.
  for (const auto* host :
       {"localhost", "127.0.0.1", "[::1]", "0.0.0.0", "2130706433", "0x7f.1"}) {
    INFO(host);
    note.url = std::string{"https://"} + host
               + server.url().substr(server.url().rfind(':')) + "/hook";
    sent = webhook_sender{webhook_reach{}}.send(note, noon);
    REQUIRE_FALSE(sent);
    CHECK(sent.error().code == ec::invalid_argument);
    CHECK_THAT(sent.error().what, ContainsSubstring("no public address"));
  }
  CHECK(server.calls().empty());
  // No redirect is followed.
  server.answer([](const api_call&) { return 302; });
  note.url = server.url() + "/hook";
  sent =
      webhook_sender{get(webhook_reach::parse("127.0.0.1"))}.send(note, noon);
  REQUIRE_FALSE(sent);
  CHECK_THAT(sent.error().what, ContainsSubstring("redirects"));
  CHECK(server.calls().size() == 1);
}

TEST_CASE("a call ends if the process is told to stop") {
  api_stand_in server{[](const api_call&) {
    return api_stand_in::nothing;
  }};
  webhook_message note;
  note.url = server.url() + "/hook";
  note.body = "{}";
  const webhook_sender sender{get(webhook_reach::parse("127.0.0.1")), [] {
                                return false;
                              }};
  const auto sent = sender.send(note, noon);
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code == ec::cancelled);
}

TEST_CASE("no recovery is told of failures that nobody was told of") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  told_world at{make()};
  const auto now = utc_now();
  // Who runs a paused sync by hand sees how that ends.
  CHECK(get(at.world.records.pause("crm", "by hand")));
  at.run(now, task_status::failed, "no such key (config_error)");
  const auto seen = *get(at.world.records.find("crm"));
  auto resumed = seen;
  resumed.paused.clear();
  CHECK(get(at.world.records.replace(resumed, seen)));
  at.run(now + 1h, task_status::success);
  CHECK(at.told(now + 1h).empty());
  // One that was told recovers, whatever came since.
  at.run(now + 2h, task_status::failed, "no such key (config_error)");
  CHECK(at.told(now + 2h) == strings{"sync.failed"});
  at.run(now + 3h, task_status::success);
  CHECK(at.told(now + 3h) == strings{"sync.failed", "sync.recovered"});
}

TEST_CASE("a failure whose message is deleted by now recovers as well") {
  told_world at{sqlite_world()};
  const auto now = utc_now();
  at.run(now, task_status::failed, "no such key (config_error)");
  CHECK(at.told(now) == strings{"sync.failed"});
  at.world.at.world->query("DELETE FROM sync_notification");
  at.run(now + 10 * 24h, task_status::success);
  CHECK(at.told(now + 10 * 24h) == strings{"sync.failed", "sync.recovered"});
}

TEST_CASE("a failure that no further try followed may recover") {
  const auto run = [](const char* id, run_stage stage,
                      const char* trigger = "schedule") {
    sync_run out;
    out.id = id;
    out.stage = stage;
    out.trigger = trigger;
    out.attempt = out.trigger == "retry" ? 2 : 1;
    return out;
  };
  using enum run_stage;
  const auto recovers = [](const std::vector<sync_run>& runs, const char* id) {
    return !failures_before(runs, id).empty();
  };
  // The newest first.
  CHECK(recovers({run("c", reading), run("b", failed)}, "c"));
  CHECK(recovers({run("c", reading), run("x", cancelled), run("b", failed)},
                 "c"));
  CHECK(recovers({run("c", reading, "retry"), run("b", failed, "retry"),
                  run("a", failed), run("0", failed)},
                 "c"));
  CHECK_FALSE(recovers({run("c", reading, "retry"), run("b", failed)}, "c"));
  CHECK_FALSE(
      recovers({run("c", reading), run("b", success), run("a", failed)}, "c"));
  // One that brought only a part is told as well.
  CHECK(
      recovers({run("c", reading), run("b", partial), run("a", success)}, "c"));
  // A further try that a person begins sooner is one all the same.
  auto sooner = run("c", reading, "retry");
  sooner.trigger = "manual";
  CHECK_FALSE(recovers({sooner, run("b", failed)}, "c"));
  CHECK_FALSE(recovers({run("c", reading)}, "c"));
  CHECK_FALSE(recovers({}, "c"));
}
