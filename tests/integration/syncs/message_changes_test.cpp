// Notifications that wait while their sync is changed.

#include "controller/sync_files/file_reconciler.hpp"
#include "controller/syncs/announcements.hpp"
#include "controller/syncs/message_sender.hpp"
#include "support/api_stand_in.hpp"
#include "support/syncs_api.hpp"

#include <catch2/catch_all.hpp>

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
