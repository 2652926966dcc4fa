// The API of syncs, from HTTP to the database.

#include "support/api_stand_in.hpp"
#include "support/syncs_api.hpp"

#include <catch2/catch_all.hpp>

#include <future>

using namespace motorcade;
using namespace motorcade::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

TEST_CASE("a sync is kept, shown, changed and deleted") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  CHECK(at.ask("GET", "/syncs/crm").status == 404);
  auto answer = at.ask("PUT", "/syncs/crm", kept_body);
  CHECK(answer.status == 201);
  const auto first = answer.headers.at("etag");
  answer = at.ask("GET", "/syncs/crm");
  CHECK(answer.status == 200);
  CHECK(answer.headers.at("etag") == first);
  auto shown = json::parse(answer.body);
  CHECK(shown["definition"]["source"]["config"]["api_key"] == "***");
  CHECK(shown["definition"]["source"]["config"]["host"] == "a");
  CHECK(shown["definition"]["destination"]["password"] == "***");
  CHECK(shown["nextRunAt"].is_string());
  CHECK(shown["paused"].is_null());
  CHECK(shown["lastRun"].is_null());
  // What was shown can be put again: secrets stay.
  auto changed = shown["definition"];
  changed["source"]["config"]["host"] = "b";
  answer = at.ask("PUT", "/syncs/crm", changed.dump());
  CHECK(answer.status == 200);
  CHECK(answer.headers.at("etag") != first);
  const auto row = get(at.world.records.find("crm"));
  const auto kept = get(open_sync(*row, at.world.keys));
  CHECK(json::parse(kept.config)
        == json{{"host", "b"}, {"api_key", "hunter2-hunter2"}});
  CHECK_THAT(kept.destination, ContainsSubstring("dbpass-dbpass"));
  // The schedule is the same, and so is its next time.
  CHECK(json::parse(answer.body)["nextRunAt"] == shown["nextRunAt"]);
  CHECK(json::parse(at.ask("GET", "/syncs").body)["syncs"].size() == 1);
  CHECK(at.ask("DELETE", "/syncs/crm").status == 200);
  CHECK(at.ask("DELETE", "/syncs/crm").status == 404);
  CHECK(json::parse(at.ask("GET", "/syncs").body)["syncs"].empty());
}

TEST_CASE("a change cannot send a stored secret to another recipient") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  const auto first = at.ask("PUT", "/syncs/crm", kept_body).headers.at("etag");
  const auto shown =
      json::parse(at.ask("GET", "/syncs/crm").body)["definition"];

  struct row {
    const char* place;
    json value;
    const char* part;
  };

  const row rows[] = {
      {"/source/package", "evil", "the body's source.package differs"},
      {"/destination/destinationType", "mysql",
       "the body's destination.destinationType differs"},
      {"/destination/host", "evil", "the body's destination.host differs"},
      {"/destination/port", 5433, "the body's destination.port differs"},
  };
  for (const auto& one : rows) {
    INFO(one.place);
    auto changed = shown;
    changed[json::json_pointer{one.place}] = one.value;
    const auto answer = at.ask("PUT", "/syncs/crm", changed.dump());
    CHECK(answer.status == 400);
    CHECK_THAT(error(answer), ContainsSubstring(one.part));
  }
  CHECK(at.ask("GET", "/syncs/crm").headers.at("etag") == first);
  // Who knows the secret may send it anywhere.
  auto changed = shown;
  changed["destination"]["host"] = "other";
  changed["destination"]["password"] = "new-dbpass-dbpass";
  CHECK(at.ask("PUT", "/syncs/crm", changed.dump()).status == 200);
}

TEST_CASE("no secret of a sync can be read in the database") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  for (const auto& row :
       at.world.at.world->query("SELECT * FROM sync_definition"))
    for (const auto& cell : row) {
      CHECK_THAT(cell.value_or(""), !ContainsSubstring("hunter2"));
      CHECK_THAT(cell.value_or(""), !ContainsSubstring("dbpass"));
    }
}

TEST_CASE("a change takes effect only on the given version") {
  syncs_api at{sqlite_world()};
  const auto first =
      at.ask("PUT", "/syncs/crm", kept_body, "If-None-Match: *\r\n")
          .headers.at("etag");
  auto answer = at.ask("PUT", "/syncs/crm", kept_body, "If-None-Match: *\r\n");
  CHECK(answer.status == 412);
  CHECK_THAT(error(answer), ContainsSubstring("is there already"));
  const auto second =
      at.ask("PUT", "/syncs/crm", kept_body, "If-Match: " + first + "\r\n")
          .headers.at("etag");
  answer =
      at.ask("PUT", "/syncs/crm", kept_body, "If-Match: " + first + "\r\n");
  CHECK(answer.status == 412);
  CHECK_THAT(error(answer), ContainsSubstring("version"));
  CHECK(at.ask("DELETE", "/syncs/crm", {}, "If-Match: " + first + "\r\n").status
        == 412);
  CHECK(at.ask("PUT", "/syncs/other", kept_body, "If-Match: \"1\"\r\n").status
        == 412);
  for (const auto* wrong :
       {"If-Match: 1\r\n", "If-Match: \"a\", \"b\"\r\n", "If-Match: \"\r\n",
        "If-None-Match: \"1\"\r\n", "If-Match:\r\n", "If-Match: \r\n",
        "If-None-Match:\r\n", "If-Match: *\r\nIf-None-Match: *\r\n",
        "If-Match: \"a\"\r\nIf-Match: \"b\"\r\n"}) {
    INFO(wrong);
    CHECK(at.ask("PUT", "/syncs/crm", kept_body, wrong).status == 400);
    CHECK(at.ask("DELETE", "/syncs/crm", {}, wrong).status == 400);
  }
  // Calls that change no definition take none, rather than ignore it.
  for (const auto* call : {"run", "pause", "resume", "reset", "cancel"})
    for (const auto* header :
         {"If-Match: *\r\n", "If-None-Match: *\r\n", "If-Match:\r\n"}) {
      INFO(call << ' ' << header);
      answer = at.ask("POST", std::string{"/syncs/crm/"} + call, {}, header);
      CHECK(answer.status == 400);
      CHECK_THAT(error(answer), ContainsSubstring("for PUT and DELETE alone"));
    }
  // A sync that is not there has no version at all.
  answer = at.ask("PUT", "/syncs/other", kept_body, "If-Match: *\r\n");
  CHECK(answer.status == 412);
  CHECK_THAT(error(answer), ContainsSubstring("there is no sync"));
  CHECK(at.ask("GET", "/syncs/other").status == 404);
  CHECK(at.ask("DELETE", "/syncs/other", {}, "If-Match: *\r\n").status == 404);
  CHECK(at.ask("PUT", "/syncs/crm", kept_body, "If-Match: *\r\n").status
        == 200);
  CHECK(
      at.ask("DELETE", "/syncs/crm", {}, "If-Match: " + second + "\r\n").status
      == 412);
}

TEST_CASE("a faulty request about syncs is refused with its fault") {
  syncs_api at{sqlite_world()};
  at.syncs.know_check([](const sync_definition& sync) -> result<void> {
    if (sync.package == "Bad Name")
      return failure{ec::invalid_argument, "source.package is wrong"};
    return {};
  });
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);

  struct row {
    std::string method;
    std::string target;
    std::string content;
    int status;
    const char* part;
  };

  const row rows[] = {
      {"PUT", "/syncs/a", "", 400, "the body is empty"},
      {"PUT", "/syncs/a", "[]", 400, "must be a JSON object"},
      {"PUT", "/syncs/a", "{", 400, "not JSON"},
      {"PUT", "/syncs/a", "{}", 400, "the body's source is missing"},
      {"PUT", "/syncs/a", R"({"sources":{}})", 400, "did you mean \"source\"?"},
      {"PUT", "/syncs/a?x=1", kept_body, 400, "x"},
      {"PUT", "/syncs/" + std::string(201, 'a'), kept_body, 400, "200 bytes"},
      {"PUT", "/syncs/a%0Ab", kept_body, 400, "control character"},
      {"PUT", "/syncs/%2E%2E", kept_body, 400, "must not be . or .."},
      {"PUT", "/syncs/a%2Fb", kept_body, 400, "only letters and digits"},
      {"PUT", "/syncs/..%2F..", kept_body, 400, "only letters and digits"},
      {"PUT", "/syncs/a%20b", kept_body, 400, "only letters and digits"},
      {"PUT", "/syncs/%C3%A4", kept_body, 400, "only letters and digits"},
      {"PUT", "/syncs/new",
       R"({"source":{"package":"p","version":"1","config":)"
       R"({"a":[{"f":0.12345678901234567891}]}}})",
       400, "the body's source.config.a[0].f has more digits"},
      {"PUT", "/syncs/new",
       R"({"source":{"package":"p","version":"1","config":{"api_key":"***"}}})",
       400, "the body's source.config.api_key is ***"},
      {"PUT", "/syncs/new",
       R"({"source":{"package":"p","version":"1","config":{"a":1e400}}})", 400,
       "the body's source.config.a is a number beyond"},
      {"PUT", "/syncs/new",
       R"({"source":{"package":"p","version":"1","config":{"a":["\ud800"]}}})",
       400, "the body's source.config.a[0] holds half of a surrogate"},
      {"PUT", "/syncs/new",
       R"({"source":{"package":"p","version":"1","config":{"a":)"
       R"(18446744073709551616}}})",
       400, "the body's source.config.a is a whole number beyond 64 bits"},
      {"PUT", "/syncs/new",
       R"({"source":{"package":"p","version":"1","config":{}},)"
       R"("destination":{"destinationType":"sqlite","path":"\ud800"}})",
       400, "the body's destination.path holds half"},
      {"PUT", "/syncs/new",
       R"({"source":{"package":"p","version":"1","config":{}},)"
       R"("labels":{"\udc00":"x"}})",
       400, "the body's labels holds half"},
      {"PUT", "/syncs/new",
       R"({"source":{"package":"Bad Name","version":"1","config":{}}})", 400,
       "the body's source.package is wrong"},
      {"GET", "/syncs?limit=0", "", 400, "limit"},
      {"GET", "/syncs/none/runs", "", 404, "there is no sync \"none\""},
      {"POST", "/syncs/none/run", "", 404, "there is no sync"},
      {"POST", "/syncs/crm/run?wait=61", "", 400, "wait"},
      {"POST", "/syncs/crm/run?wait=", "", 400, "wait is empty"},
      {"POST", "/syncs/none/pause", "", 404, "there is no sync"},
      {"POST", "/syncs/none/resume", "", 404, "there is no sync"},
      {"POST", "/syncs/none/reset", "", 404, "there is no sync"},
      {"POST", "/syncs/crm/reset?stream=users", "", 404, "no state"},
      {"POST", "/syncs/crm/reset", R"({"stream":"users"})", 400, "no body"},
      {"POST", "/syncs/crm/run", R"({"wait":60})", 400, "no body"},
      {"POST", "/syncs/crm/pause", "x", 400, "no body"},
      {"POST", "/syncs/crm/reset?stream=users", " {}\n", 404, "no state"},
      {"POST", "/syncs/crm/cancel", "", 404, "no run to cancel"},
      {"DELETE", "/syncs/none", "", 404, "there is no sync"},
      {"POST", "/syncs/crm", "", 405, "other methods"},
  };
  for (const auto& one : rows) {
    INFO(one.method << ' ' << one.target.substr(0, 60) << ' ' << one.content);
    const auto answer = at.ask(one.method, one.target, one.content);
    CHECK(answer.status == one.status);
    CHECK_THAT(error(answer), ContainsSubstring(one.part));
  }
}

TEST_CASE("syncs are listed page by page") {
  syncs_api at{sqlite_world()};
  for (const auto* id : {"a", "b", "c"})
    CHECK(at.ask("PUT", std::string{"/syncs/"} + id, kept_body).status == 201);
  auto page = json::parse(at.ask("GET", "/syncs?limit=2").body);
  CHECK(page["syncs"].size() == 2);
  CHECK(page["next"] == "b");
  page = json::parse(at.ask("GET", "/syncs?limit=2&after=b").body);
  REQUIRE(page["syncs"].size() == 1);
  CHECK(page["syncs"][0]["syncId"] == "c");
  CHECK_FALSE(page.contains("next"));
}

TEST_CASE("a pause that comes while a change is stored holds") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  // The check comes between the look at the sync and the writing of it.
  at.syncs.know_check([&](const sync_definition&) -> result<void> {
    CHECK(get(at.world.records.pause("crm", "10 runs failed")));
    return {};
  });
  auto answer = at.ask("PUT", "/syncs/crm", kept_body);
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body)["paused"] == "10 runs failed");
  at.syncs.know_check({});
  CHECK(at.ask("POST", "/syncs/crm/resume").status == 200);
  answer = at.ask("GET", "/syncs/crm");
  CHECK(json::parse(answer.body)["paused"].is_null());
}

TEST_CASE("a change takes a next time back that is beyond the schedule") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  const auto shown = json::parse(at.ask("PUT", "/syncs/crm", kept_body).body);
  const auto due = *get(at.world.records.find("crm"))->next_run_at;
  CHECK(get(
      at.world.records.advance("crm", due, due + std::chrono::hours{48'000})));
  const auto answer = at.ask("PUT", "/syncs/crm", kept_body);
  CHECK(json::parse(answer.body)["nextRunAt"] == shown["nextRunAt"]);
}

TEST_CASE("no call waits while a change of another sync is looked through") {
  syncs_api at{sqlite_world()};
  at.syncs.know_check([&](const sync_definition&) -> result<void> {
    auto other =
        std::async(std::launch::async, [&] { return at.syncs.has("other"); });
    CHECK_FALSE(get(other.get()));
    return {};
  });
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
}

TEST_CASE("a sync whose key is gone is shown with that error") {
  syncs_api at{sqlite_world()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  const auto seen = *get(at.world.records.find("crm"));
  auto row = seen;
  row.secrets = get(sealing_keys::parse(sealing_keys::make_key()))
                    .seal("{}", "sync_definition.secrets of crm");
  CHECK(get(at.world.records.replace(row, seen)));
  auto shown = json::parse(at.ask("GET", "/syncs/crm").body);
  CHECK(shown["definition"].is_null());
  CHECK_THAT(shown["trouble"].get<std::string>(),
             ContainsSubstring("SYNCCTL_ENCRYPTION_KEYS"));
  // It can be put anew, but not with what nobody can read.
  auto hidden = json::parse(kept_body);
  hidden["source"]["config"]["api_key"] = "***";
  CHECK(at.ask("PUT", "/syncs/crm", hidden.dump()).status == 400);
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 200);
}

TEST_CASE("changes of a source are listed") {
  syncs_api at{sqlite_world()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  change_row change;
  change.id = "1";
  change.sync_id = "crm";
  change.changes = R"({"newStreams":["pets"],"leftOut":0})";
  change.action = "ignore";
  change.summary = "new stream pets";
  get(at.world.rows.schemas.add_change(change));
  const auto answer = at.ask("GET", "/syncs/crm/changes");
  CHECK(answer.status == 200);
  const auto list = json::parse(answer.body)["changes"];
  REQUIRE(list.size() == 1);
  CHECK(list[0]["newStreams"] == json{"pets"});
  CHECK(list[0]["action"] == "ignore");
  CHECK(list[0]["at"].is_string());
  CHECK(at.ask("GET", "/syncs/none/changes").status == 404);
  CHECK(at.ask("GET", "/syncs/crm/changes?limit=x").status == 400);
}

TEST_CASE("notifications are tried, hidden, and kept from other hosts") {
  syncs_api at{sqlite_world()};
  api_stand_in hook{[](const api_call& call) {
    return call.path == "/hunter2-good" ? 204 : 404;
  }};
  auto sent = json::parse(kept_body);
  CHECK(at.ask("PUT", "/syncs/crm", sent.dump()).status == 201);
  CHECK(at.ask("POST", "/syncs/crm/notifications/test").status == 400);
  CHECK(at.ask("POST", "/syncs/none/notifications/test").status == 404);
  sent["notifications"] = json::array(
      {json{{"url", hook.url() + "/hunter2-good"}, {"secret", "hunter2"}},
       json{{"url", hook.url() + "/hunter2-bad"}}});
  auto answer = at.ask("PUT", "/syncs/crm", sent.dump());
  CHECK(answer.status == 200);
  auto shown = json::parse(answer.body)["definition"];
  CHECK(shown["notifications"][0]["url"] == "***");
  CHECK(shown["notifications"][0]["secret"] == "***");
  // What was shown can be put again.
  CHECK(at.ask("PUT", "/syncs/crm", shown.dump()).status == 200);
  answer = at.ask("POST", "/syncs/crm/notifications/test");
  CHECK(answer.status == 200);
  const auto told = json::parse(answer.body)["notifications"];
  REQUIRE(told.size() == 2);
  CHECK(told[0]["ok"] == true);
  CHECK(told[1]["ok"] == false);
  CHECK_THAT(told[1]["error"].get<std::string>(), ContainsSubstring("404"));
  CHECK(hook.calls().size() == 2);
  CHECK(json::parse(hook.calls()[0].body)["type"] == "sync.test");
  // The secret of one host is not sent to another.
  shown["notifications"][0]["url"] = "https://evil.example/";
  CHECK(at.ask("PUT", "/syncs/crm", shown.dump()).status == 400);
  shown["notifications"] = json::array({json{{"url", "http://10.0.0.1/"}}});
  answer = at.ask("PUT", "/syncs/crm", shown.dump());
  CHECK(answer.status == 400);
  CHECK_THAT(error(answer), ContainsSubstring("SYNCCTL_WEBHOOK_HOSTS"));
}

TEST_CASE("without a key syncs are not kept, and the error names the setting") {
  fake_control_service service;
  controller_api api{service, nullptr, nullptr, *auth_tokens::read({}, {}),
                     exposure::machine};
  http_server_settings settings;
  settings.host = "127.0.0.1";
  auto server = http_server::start(settings, api.handlers());
  REQUIRE(server);
  auto answer =
      raw_client{(*server)->port()}.ask(request_text("GET", "/syncs"));
  REQUIRE(answer);
  CHECK(answer->status == 501);
  CHECK_THAT(error(*answer), ContainsSubstring("SYNCCTL_ENCRYPTION_KEYS"));
  for (const std::string path : {"/tables/crm", "/tables/crm/users/rows"}) {
    answer = raw_client{(*server)->port()}.ask(request_text("GET", path));
    REQUIRE(answer);
    CHECK(answer->status == 501);
  }
}
