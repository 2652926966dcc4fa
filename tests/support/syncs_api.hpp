#pragma once

#include "controller/api/api.hpp"
#include "controller/syncs/kept_syncs.hpp"
#include "controller/tables/kept_tables.hpp"
#include "support/control_api_world.hpp"
#include "support/scratch_folder.hpp"
#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace motorcade::test {

/// A sync with secrets, as a client puts it.
inline const std::string kept_body =
    R"({"source":{"package":"p","version":"1","config":{"host":"a","api_key":"hunter2-hunter2"}},)"
    R"("destination":{"destinationType":"postgres","host":"db","database":"app","username":"u","password":"dbpass-dbpass"},)"
    R"("schedule":{"everySeconds":3600}})";

/// The API of syncs on a real port over a real database.
struct syncs_api {
  explicit syncs_api(world_ptr empty)
      : world{std::move(empty)},
        store{world.at.world->url(), {}},
        webhooks{get(webhook_reach::parse("127.0.0.1"))},
        syncs{store, world.keys, world.tasks, webhooks,
              [this] {
                ++pokes;
                if (steps_when_poked)
                  world.step(utc_now());
              }},
        tables{store, world.keys, {true, folder.path().string(), ""}},
        api{service,           &syncs,
            &tables,           *auth_tokens::read({}, {}),
            exposure::machine, std::chrono::milliseconds{1}} {
    syncs.know_places(world.places);
    // Its spec is known, and marks nothing.
    get(world.tasks.tell_spec("p", "1"));
    http_server_settings settings;
    settings.host = "127.0.0.1";
    settings.logged = controller_api::harmless_parameters();
    auto started = http_server::start(settings, api.handlers());
    REQUIRE(started);
    server = std::move(*started);
  }

  raw_answer ask(const std::string& method, const std::string& target,
                 const std::string& content = {},
                 const std::string& headers = {}) const {
    auto answer = raw_client{server->port()}.ask(
        request_text(method, target, headers, content));
    REQUIRE(answer);
    // Whatever is answered and whatever is logged: no secret is in it.
    CHECK_THAT(answer->body, !Catch::Matchers::ContainsSubstring("hunter2"));
    CHECK_THAT(answer->body, !Catch::Matchers::ContainsSubstring("dbpass"));
    CHECK_FALSE(world.log.has("hunter2"));
    return *answer;
  }

  sync_world world;
  sync_store store;
  std::atomic<int> pokes = 0;
  /// Whether a poke lets the syncs take a step, as in syncctl.
  std::atomic<bool> steps_when_poked = false;
  webhook_sender webhooks;
  kept_syncs syncs;
  scratch_folder folder;
  kept_tables tables;
  fake_control_service service;
  controller_api api;
  std::unique_ptr<http_server> server;
};

/// @returns the `error` of an answer; empty: it has none.
inline std::string error(const raw_answer& answer) {
  return nlohmann::json::parse(answer.body).value("error", "");
}

} // namespace motorcade::test
