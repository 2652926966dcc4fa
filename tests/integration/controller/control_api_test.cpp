// The controller's HTTP API: what it asks of its service, and what it refuses.

#include "runtime/http/client/api_client.hpp"
#include "support/control_api_world.hpp"

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;

namespace {

const std::string image = "package=airbyte/source-faker&version=6.2.1";
const std::string to_check = "/check?storageKey=k&" + image;
const std::string to_discover = "/discover?storageKey=k&" + image;
const std::string to_read = "/read?syncId=s&taskId=t&" + image;
const std::string config_body = R"({"config":{}})";
const std::string read_body =
    R"({"config":{},"catalog":{"streams":[{"stream":{"name":"users"},)"
    R"("sync_mode":"incremental"}]}})";

const json accepted{{"ok", true}, {"status", "ok"}};

/// A refusal and why.
struct refused_case {
  std::string method;
  std::string target;
  std::string body;
  int status;
  /// What the error must say.
  std::string error;
};

void check_refused(control_api_world& at, const refused_case& one) {
  INFO(one.method << ' ' << one.target.substr(0, 200) << ' '
                  << one.body.substr(0, 200));
  auto answer = at.ask(one.method, one.target, one.body);
  CHECK(answer.status == one.status);
  CHECK_THAT(error_of(answer), Catch::Matchers::ContainsSubstring(one.error));
  CHECK(at.service.started().empty());
  CHECK(at.service.cancelled().empty());
}

} // namespace

TEST_CASE("a spec is asked for") {
  control_api_world at;
  auto before = utc_now();
  auto answer = at.get("/spec?" + image);
  CHECK(answer.status == 200);
  auto body = json_of(answer);
  CHECK(body.at("ok") == true);
  CHECK(body.at("status") == "ok");
  CHECK(body.at("startedAt").get<int64_t>()
        >= before.time_since_epoch().count() / 1'000'000);
  CHECK(body.size() == 3);
  auto tasks = at.service.started();
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].command == "spec");
  CHECK(tasks[0].package == "airbyte/source-faker");
  CHECK(tasks[0].version == "6.2.1");
  CHECK(tasks[0].connector_type == "airbyte");
  CHECK(tasks[0].started_at >= before);
  CHECK(tasks[0].task_id.empty());
  CHECK(at.get("/spec?connectorType=airbyte&" + image).status == 200);
  CHECK(at.get("/spec?connectorType=&" + image).status == 200);
  // What another command takes is passed over.
  CHECK(at.get("/spec?debug=1&" + image).status == 200);
}

TEST_CASE("a check and a discover take what belongs to them") {
  control_api_world at;
  CHECK(json_of(at.ask("POST", to_check, config_body)) == accepted);
  CHECK(json_of(at.ask("POST", to_discover, config_body)) == accepted);
  CHECK(json_of(at.ask("POST",
                       to_discover
                           + "&thenRun=1&workspaceId=w&syncId=s&taskId=t"
                             "&fullSync=true&startedBy=%7B%22a%22:%0A1%7D",
                       config_body))
        == accepted);
  auto tasks = at.service.started();
  REQUIRE(tasks.size() == 3);
  CHECK(tasks[0].command == "check");
  CHECK(tasks[0].storage_key == "k");
  CHECK(tasks[0].config == "{}");
  CHECK(tasks[1].command == "discover");
  CHECK_FALSE(tasks[1].then_run);
  CHECK(tasks[2].then_run);
  CHECK(tasks[2].workspace_id == "w");
  CHECK(tasks[2].sync_id == "s");
  CHECK(tasks[2].task_id == "t");
  CHECK(tasks[2].full_sync);
  CHECK(tasks[2].started_by == "{\"a\":\n1}");
}

TEST_CASE("a read takes what belongs to it, byte for byte") {
  control_api_world at;
  const std::string config =
      R"({ "n":1.50e+03 , "big":123456789012345678901234567890, "u":"\u00e4ä\/",)"
      "\n\t"
      R"("a":1,"a":2})";
  const std::string state =
      R"([ {"type": "STREAM", "stream" : {"stream_descriptor" :)"
      R"({"name":"a"}, "stream_state":{"x" : -0.0}}} ])";
  const std::string catalog =
      R"({"streams" : [ {"stream":{"name":"a"} , "n":1e400, "sync_mode":"full_refresh"} ] })";
  auto body = " {\"state\":" + state + ", \"config\": " + config
              + " ,\"catalog\":" + catalog
              + ",\"destinationConfig\":{\"d\" :1},\"more\":[]}\n";
  CHECK(json_of(at.ask("POST",
                       to_read
                           + "&namespace=$%7BLEGACY%7D&tableNamePrefix=p_"
                             "&toSameCase=true&addMeta=1&deduplicate=0"
                             "&debug=true&nodelay=1&startedBy=me",
                       body))
        == accepted);
  CHECK(at.ask("POST", to_read, read_body).status == 200);
  CHECK(at.ask("POST", to_read + "&deduplicate=&debug=false",
               R"({"config":{},"catalog":{"streams":[{"stream":{"name":"a"},)"
               R"("sync_mode":"full_refresh"}]},)"
               R"("state":null,"destinationConfig":null})")
            .status
        == 200);
  auto tasks = at.service.started();
  REQUIRE(tasks.size() == 3);
  CHECK(tasks[0].config == config);
  CHECK(tasks[0].state == state);
  CHECK(tasks[0].catalog == catalog);
  CHECK(tasks[0].destination_config == R"({"d" :1})");
  CHECK(tasks[0].target_namespace == "${LEGACY}");
  CHECK(tasks[0].table_name_prefix == "p_");
  CHECK(tasks[0].to_same_case);
  CHECK(tasks[0].add_meta);
  CHECK_FALSE(tasks[0].deduplicate);
  CHECK_FALSE(tasks[0].full_sync);
  CHECK_FALSE(tasks[0].continues);
  CHECK(tasks[0].debug);
  CHECK(tasks[0].no_delay);
  CHECK(tasks[0].started_by == "me");
  CHECK(tasks[1].deduplicate);
  CHECK_FALSE(tasks[1].debug);
  CHECK(tasks[1].state.empty());
  CHECK(tasks[2].deduplicate);
  CHECK(tasks[2].state.empty());
  CHECK(tasks[2].destination_config.empty());
}

TEST_CASE("a check takes a destination beside a config, or alone") {
  const std::string destination =
      R"("destinationConfig":{"destinationType":"clickhouse"})";
  const std::string config = R"("config":{"password":"x"})";

  struct body_case {
    std::string query;
    std::string body;
    std::string package;
    std::string version;
    bool connector;
  };

  const std::string key = "/check?storageKey=k";
  for (const auto& one : {
           body_case{key + '&' + image, '{' + config + ',' + destination + '}',
                     "airbyte/source-faker", "6.2.1", true},
           {key + '&' + image, '{' + config + '}', "airbyte/source-faker",
            "6.2.1", true},
           {key + '&' + image, '{' + destination + '}', "airbyte/source-faker",
            "6.2.1", false},
           {key + "&namespace=landing", '{' + destination + '}', "destination",
            "clickhouse", false},
           {key, R"({"config":null,)" + destination + '}', "destination",
            "clickhouse", false},
       }) {
    INFO(one.query << ' ' << one.body);
    control_api_world at;
    CHECK(json_of(at.ask("POST", one.query, one.body)) == accepted);
    const auto started = at.service.started();
    REQUIRE(started.size() == 1);
    const auto& task = started.front();
    CHECK(task.package == one.package);
    CHECK(task.version == one.version);
    CHECK(task.storage_key == "k");
    CHECK(has_connector(task) == one.connector);
    const auto holds = one.body.find("destinationType") != std::string::npos;
    CHECK(task.destination_config.empty() == !holds);
    const auto landing = one.query.find("landing") != std::string::npos;
    CHECK(task.target_namespace == (landing ? "landing" : ""));
  }
  control_api_world at;
  const std::string missing = "required parameters are missing: ";
  for (const auto& one : {
           refused_case{"POST", key, '{' + config + ',' + destination + '}',
                        400, missing + "package, version"},
           {"POST", key + "&version=1", '{' + destination + '}', 400,
            missing + "package"},
           {"POST", "/check", '{' + destination + '}', 400,
            missing + "storageKey"},
           {"POST", key, R"({"destinationConfig":{"host":"t0psecret"}})", 400,
            "no destinationType"},
           {"POST", key, R"({"destinationConfig":[]})", 400,
            "destinationConfig must be an object"},
           {"POST", key,
            R"({"destinationConfig":{"destinationType":"snowflake"}})", 422,
            "postgres, clickhouse"},
           {"POST", key,
            R"({"destinationConfig":{"destinationType":"snowflake"}})", 422,
            "BULKER_URL"},
           {"POST", key,
            R"({"destinationConfig":{"destinationType":"snowflake"}})", 422,
            "Airbyte destination connector"},
       })
    check_refused(at, one);
}

TEST_CASE("missing settings are named at once") {
  control_api_world at;
  const std::string missing = "required parameters are missing: ";
  const refused_case cases[] = {
      {"GET", "/spec", "", 400, missing + "package, version"},
      {"GET", "/spec?package=&version=1", "", 400, missing + "package"},
      {"POST", "/check", config_body, 400,
       missing + "package, version, storageKey"},
      {"POST", "/discover?version=1", config_body, 400,
       missing + "package, storageKey"},
      {"POST", to_discover + "&thenRun=true", config_body, 400,
       missing + "workspaceId, syncId, taskId"},
      {"POST", "/read", read_body, 400,
       missing + "package, version, syncId, taskId"},
      {"GET", "/cancel", "", 400, missing + "syncId, taskId"},
      {"POST", "/cancel?syncId=1", "", 400, missing + "taskId"},
  };
  for (const auto& one : cases)
    check_refused(at, one);
}

TEST_CASE("parameters that are wrong are refused") {
  control_api_world at;
  std::vector<refused_case> cases = {
      {"GET", "/spec?connectorType=singer&" + image, "", 400, "connectorType"},
      {"GET", "/spec?package=a&" + image, "", 400, "twice"},
      {"GET", "/spec?x=1&" + image, "", 400, "unknown parameter \"x\""},
      {"GET", "/spec?pakage=a&version=1", "", 400,
       R"(unknown parameter "pakage", did you mean "package"?)"},
      {"POST", to_read + "&fulSync=true", read_body, 400, "\"fullSync\""},
      {"POST", to_read + "&full_sync=true", read_body, 400, "\"fullSync\""},
      {"POST", to_read + "&continu=true", read_body, 400, "\"continue\""},
      {"POST", "/check?storage_key=k&" + image, config_body, 400,
       "missing: storageKey; unknown parameter \"storage_key\", did you mean "
       "\"storageKey\"?"},
      {"GET", "/cancel?syncId=s&taskId=t&force=1", "", 400, "\"force\""},
      {"GET", "/tasks?sync=s", "", 400, "unknown parameter \"sync\""},
      {"GET", "/tasks?Status=running", "", 400, "\"status\""},
      {"GET", "/tasks/t?verbose=1", "", 400, "\"verbose\""},
      {"GET", "/tasks/t/logs?folow=true", "", 400, "\"follow\""},
      {"GET", "/states?syncId=s&formt=state", "", 400, "\"format\""},
      {"GET", "/states?syncId=s&format=json", "", 400, "format"},
      {"GET", "/states?syncId=s&format=state&limit=1", "", 400, "format"},
      {"POST", "/read?syncId=s&taskId=key:k&" + image, read_body, 400,
       "taskId"},
      {"POST", "/read?syncId=s&taskId=spec:k&" + image, read_body, 400,
       "taskId"},
      {"POST", to_discover + "&taskId=key:k", config_body, 400, "taskId"},
      {"GET", "/spec?package=UPPER&version=1", "", 422, "image"},
      {"GET", "/spec?package=a%20b&version=1", "", 422, "image"},
      {"GET", "/spec?package=../x&version=1", "", 422, "image"},
      {"GET", "/spec?package=a&version=1%3B", "", 422, "image"},
      {"GET", "/spec?package=a%00b&version=1", "", 400, "package"},
      {"GET", "/spec?package=" + std::string(501, 'a') + "&version=1", "", 400,
       "package"},
      {"POST", to_read + "&startedBy=" + std::string(4097, 'a'), read_body, 400,
       "startedBy"},
      {"POST", to_read + "&startedBy=%00", read_body, 400, "startedBy"},
      {"POST", to_read + "&namespace=%0a", read_body, 400, "namespace"},
      {"POST", to_read + "&tableNamePrefix=%C3", read_body, 400,
       "tableNamePrefix"},
  };
  for (auto name : {"toSameCase", "addMeta", "deduplicate", "fullSync", "debug",
                    "nodelay", "continue"})
    for (auto value : {"yes", "TRUE", "2", "t", "%20true", "10"})
      cases.push_back(
          {"POST", to_read + '&' + name + '=' + value, read_body, 400, name});
  cases.push_back(
      {"POST", to_discover + "&thenRun=no", config_body, 400, "thenRun"});
  // The ids, everywhere.
  for (const std::string& bad :
       {std::string(201, 'a'), std::string{"a%00b"}, std::string{"a%0Ab"},
        std::string{"%7F"}, std::string{"%C2%85"}, std::string{"%FF"},
        std::string{"%ED%A0%80"}, std::string{"%C0%80"}}) {
    cases.push_back({"POST", "/check?storageKey=" + bad + '&' + image,
                     config_body, 400, "storageKey"});
    cases.push_back({"POST", to_discover + "&workspaceId=" + bad, config_body,
                     400, "workspaceId"});
    cases.push_back({"POST", "/read?taskId=t&syncId=" + bad + '&' + image,
                     read_body, 400, "syncId"});
    cases.push_back({"POST", "/read?syncId=s&taskId=" + bad + '&' + image,
                     read_body, 400, "taskId"});
    cases.push_back(
        {"GET", "/cancel?syncId=s&taskId=" + bad, "", 400, "taskId"});
    // A task's id may be made of three others, and so be longer.
    const auto id = bad.size() > 200 ? std::string(1001, 'a') : bad;
    cases.push_back({"GET", "/tasks/" + id, "", 400, "task id"});
    cases.push_back({"GET", "/tasks/" + id + "/logs", "", 400, "task id"});
    cases.push_back({"GET", "/tasks?syncId=" + bad, "", 400, "syncId"});
  }
  for (const std::string step : {".", ".."}) {
    cases.push_back({"POST", to_discover + "&workspaceId=" + step, config_body,
                     400, "workspaceId is no name"});
    cases.push_back({"POST", "/read?taskId=t&syncId=" + step + '&' + image,
                     read_body, 400, "syncId is no name"});
    cases.push_back({"POST", "/read?syncId=s&taskId=" + step + '&' + image,
                     read_body, 400, "taskId is no name"});
  }
  for (const auto& one : cases)
    check_refused(at, one);
}

TEST_CASE("ids may be any text") {
  control_api_world at;
  for (const std::string& id :
       {std::string{"../../etc/passwd"}, std::string{"a/b"},
        std::string{"it's \"quoted\""}, std::string{"a&b=c?d#e%"},
        std::string{"\U0001F697 \u00fc\u4e2d"}, std::string{"' OR 1=1 --"},
        std::string(200, 'x'), std::string{"${X}"}, std::string{" "}}) {
    INFO(id);
    auto coded = percent_encode(id);
    CHECK(at.ask("POST",
                 "/read?syncId=" + coded + "&taskId=" + coded + '&' + image,
                 read_body)
              .status
          == 200);
    CHECK(at.service.started().back().sync_id == id);
    CHECK(at.service.started().back().task_id == id);
    CHECK(at.get("/cancel?syncId=" + coded + "&taskId=" + coded).status == 200);
    CHECK(at.service.cancelled().back().task_id == id);
    task_record row;
    row.task_id = row.sync_id = id;
    at.service.put(row);
    auto found = at.get("/tasks/" + coded);
    CHECK(found.status == 200);
    CHECK(json_of(found).at("task").at("task_id") == id);
    CHECK(at.get("/tasks/" + coded + "/logs").status == 200);
    CHECK(json_of(at.get("/tasks?sync_id=" + coded)).at("tasks").size() == 1);
  }
}

TEST_CASE("a body that is not as it must be is refused without a word of it") {
  control_api_world at;
  auto nested = [](size_t depth) {
    // The body and the config are two of them.
    return R"({"config":{"a":)" + std::string(depth - 2, '[')
           + std::string(depth - 2, ']') + "}}";
  };
  std::vector<refused_case> cases = {
      {"POST", to_check, "", 400, "the body is empty"},
      {"POST", to_check, " \n", 400, "the body is empty"},
      {"POST", to_check, "[]", 400, "must be a JSON object"},
      {"POST", to_check, "null", 400, "must be a JSON object"},
      {"POST", to_check, "{}", 400, "the body lacks: config"},
      {"POST", to_check, R"({"config":null})", 400, "the body lacks: config"},
      {"POST", to_check, R"({"Config":{}})", 400, "the body lacks: config"},
      {"POST", to_check, R"({"config":"t0psecret"})", 400,
       "config must be an object"},
      {"POST", to_check, R"({"config":["t0psecret"]})", 400,
       "config must be an object"},
      {"POST", to_check, R"({"config":{"p":"t0psecret"})", 400, "at byte 27"},
      {"POST", to_check, R"({"config":{"p":t0psecret}})", 400, "at byte 15"},
      {"POST", to_check,
       R"({"config":{"p":"t0psecret)"
       "\xff"
       R"("}})",
       400, "not UTF-8"},
      {"POST", to_check, R"({"config":{}}{"config":{}})", 400, "not JSON"},
      {"POST", to_check, "\xef\xbb\xbf{\"config\":{}}", 400, "not JSON"},
      {"POST", to_check, std::string("{\"config\":{}}\0", 14), 400, "NUL"},
      {"POST", to_check, nested(501), 400, "deeper than 500"},
      {"POST", to_check, R"({"config":)" + std::string(5 << 20, '['), 400,
       "deeper than 500"},
      {"POST", to_check, R"({"config":)" + std::string(5 << 20, '{'), 400,
       "deeper than 500"},
      {"POST", to_check, std::string(1 << 20, '['), 400, "deeper than 500"},
      {"POST", to_check, "config=t0psecret", 400, "not JSON"},
      {"POST", to_read, "{}", 400, "the body lacks: config, catalog"},
      {"POST", to_read, config_body, 400, "the body lacks: catalog"},
      {"POST", to_discover, R"({"catalog":{}})", 400, "the body lacks: config"},
  };
  for (auto catalog : {"[]", "{}", R"({"streams":[]})", R"({"streams":{}})",
                       R"("x")", "1", R"({"streams":null})"})
    cases.push_back({"POST", to_read,
                     std::string{R"({"config":{},"catalog":)"} + catalog + '}',
                     400, "the body's catalog"});
  for (auto state : {"1", R"("t0psecret")", "true"})
    cases.push_back({"POST", to_read,
                     read_body.substr(0, read_body.size() - 1)
                         + ",\"state\":" + state + '}',
                     400, "state must be an object or an array"});
  for (auto destination : {"[]", "1"})
    cases.push_back({"POST", to_read,
                     read_body.substr(0, read_body.size() - 1)
                         + ",\"destinationConfig\":" + destination + '}',
                     400, "destinationConfig must be an object"});
  cases.push_back({"POST", to_read,
                   read_body.substr(0, read_body.size() - 1)
                       + R"(,"destinationConfig":{"destinationType":"duckdb",)"
                         R"("token":"t0psecret"}})",
                   422,
                   "is not written here; postgres, clickhouse, s3, gcs, sqlite "
                   "and file are"});
  for (const auto& one : cases) {
    check_refused(at, one);
    CHECK(at.ask(one.method, one.target, one.body).body.find("t0p")
          == std::string::npos);
  }
  CHECK_FALSE(at.log.has("t0p"));
  CHECK(at.ask("POST", to_check, nested(500)).status == 200);
  // Brackets in texts do not nest.
  CHECK(at.ask("POST", to_check,
               R"({"config":{"a":"\")" + std::string(1000, '[') + "\"}}")
            .status
        == 200);
}

TEST_CASE("bodies up to 10 MiB are taken, with a token of any content type") {
  control_api_world at{"token"};
  api_client client;
  api_request request;
  request.method = "POST";
  request.url =
      "http://127.0.0.1:" + std::to_string(at.server->port()) + to_check;
  auto frame = std::string{R"({"config":{"a":""}})"}.size();
  auto body_of = [&](size_t size) {
    return R"({"config":{"a":")" + std::string(size - frame, 'x') + "\"}}";
  };
  for (auto type : {"Content-Type: application/json",
                    "Content-Type: application/x-www-form-urlencoded",
                    "Content-Type: multipart/form-data; boundary=x"}) {
    request.headers = {type, "Authorization: Bearer token"};
    request.body = body_of(10 << 20);
    auto answer = client.send(request);
    REQUIRE(answer);
    CHECK(answer->status == 200);
  }
  CHECK(at.service.started().back().config.size() == (10 << 20) - frame + 8);
  request.body = body_of((10 << 20) + 1);
  auto answer = client.send(request);
  REQUIRE(answer);
  CHECK(answer->status == 413);
  CHECK(at.service.started().size() == 3);
}

TEST_CASE("each failure of the service has its status") {
  control_api_world at;
  const std::pair<ec, int> cases[] = {
      {ec::invalid_argument, 400},    {ec::not_found, 404},
      {ec::already_exists, 409},      {ec::too_busy, 429},
      {ec::service_unavailable, 502}, {ec::database_unavailable, 503},
      {ec::timed_out, 503},           {ec::system_failed, 500},
      {ec::database_rejected, 500},
  };
  for (const auto& [code, status] : cases) {
    at.service.answer(failure{code, "a \"reason\""});
    for (const auto& [method, target, body] :
         std::vector<std::tuple<std::string, std::string, std::string>>{
             {"GET", "/spec?" + image, ""},
             {"POST", to_check, config_body},
             {"POST", to_discover, config_body},
             {"POST", to_read, read_body},
             {"GET", "/cancel?syncId=s&taskId=t", ""},
             {"GET", "/tasks", ""},
             {"GET", "/tasks/t", ""},
             {"GET", "/tasks/t/logs", ""},
             {"GET", "/tasks/t/logs?follow=1", ""}}) {
      auto answer = at.ask(method, target, body);
      CHECK(answer.status == status);
      CHECK(error_of(answer) == "a \"reason\"");
    }
    for (auto target : {"/health", "/ready"}) {
      auto answer = at.get(target);
      CHECK(answer.status == 503);
      CHECK(json_of(answer)
            == json{{"status", "fail"},
                    {"reason", "a \"reason\""},
                    {"leader", true}});
    }
  }
  at.service.answer({});
  CHECK(at.get("/health").body == R"({"status":"pass","leader":true})");
  CHECK(at.get("/ready").body == R"({"status":"pass","leader":true})");
}

TEST_CASE("a task is cancelled by either method") {
  control_api_world at;
  auto target = "/cancel?syncId=s&taskId=t&package=p";
  CHECK(json_of(at.get(target)) == accepted);
  CHECK(json_of(at.ask("POST", target)) == accepted);
  CHECK(json_of(at.ask("POST", target, "{}")) == accepted);
  auto all = at.service.cancelled();
  REQUIRE(all.size() == 3);
  CHECK(all[0].sync_id == "s");
  CHECK(all[0].task_id == "t");
  CHECK(all[0].package == "p");
}

TEST_CASE("unknown paths and methods are reported") {
  control_api_world at{"token"};
  for (auto target : {"/specs", "/spec/", "//spec", "/tasks/", "/Spec",
                      "/tasks/a/b", "/tasks//logs", "/tasks/a/logs/",
                      "/a/../spec", "/%73pecs", "/spec%2F", "/spec%00"})
    CHECK(at.get(target).status == 404);
  for (const auto& [method, target, allowed] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"POST", "/spec", "GET"},
           {"GET", "/read", "POST"},
           {"HEADS", "/check", "POST"},
           {"DELETE", "/tasks/1", "GET"},
           {"PUT", "/cancel", "GET, POST"},
           {"OPTIONS", "/health", "GET"},
           {"TRACE", "/metrics", "GET"}}) {
    auto answer = at.ask(method, target);
    CHECK(answer.status == 405);
    CHECK(answer.headers.at("allow") == allowed);
  }
}

TEST_CASE("a client without a token gets only the open paths") {
  auto hashed = hash_token("hashed-token", "pepper", "salt-secret");
  control_api_world at{"plain_token, " + hashed, "salt-secret"};
  const std::pair<std::string, std::string> closed[] = {
      {"GET", "/spec"},   {"POST", "/check"},  {"POST", "/discover"},
      {"POST", "/read"},  {"GET", "/cancel"},  {"POST", "/cancel"},
      {"GET", "/tasks"},  {"GET", "/tasks/a"}, {"GET", "/tasks/a/logs"},
      {"GET", "/metrics"}};
  for (const auto& [method, target] : closed) {
    INFO(method << ' ' << target);
    for (const std::string& value :
         {std::string{}, std::string{"wr0ng-token"},
          std::string{"Bearer wr0ng-token"}, std::string{"Basic plain_token"},
          std::string{"plain_token,plain_token"}, std::string{"plain_toke"},
          std::string{"plain_token2"}, hashed, "Bearer " + hashed,
          std::string{"Bearer"}, std::string{"plain%5Ftoken"}}) {
      auto answer = at.ask(method, target, {},
                           value.empty() ? std::string{}
                                         : "Authorization: " + value + "\r\n");
      CHECK(answer.status == 401);
      CHECK(answer.headers.at("www-authenticate") == "Bearer");
      CHECK(answer.body.find("wr0ng") == std::string::npos);
      CHECK(answer.body.find("plain") == std::string::npos);
    }
    for (auto value : {"plain_token", "Bearer plain_token",
                       "bearer   hashed-token", "hashed-token"})
      CHECK(at.ask(method, target, {},
                   "Authorization: " + std::string{value} + "\r\n")
                .status
            != 401);
  }
  // A token in the query is no token, and not in the log, either.
  CHECK(at.get("/tasks?token=plain_token").status == 401);
  CHECK(at.ask("GET", "/tasks", {},
               "Authorization: plain_token\r\nAuthorization: x\r\n")
            .status
        == 400);
  for (auto target : {"/health", "/ready", "/openapi.json"})
    CHECK(at.get(target).status == 200);
  for (auto secret : {"plain_token", "hashed-token", "wr0ng", "pepper"})
    CHECK_FALSE(at.log.has(secret));
  control_api_world open;
  CHECK(open.get("/metrics").body == "up 1\n");
  CHECK(open.get("/metrics").headers.at("content-type")
        == "text/plain; version=0.0.4; charset=utf-8");
}

TEST_CASE("no secret is in an answer or in the log") {
  control_api_world at{"s3cret-token"};
  const std::string token = "Authorization: Bearer s3cret-token\r\n";
  const std::string secret_body =
      R"({"config":{"p":"s3cret-config"},"catalog":{"streams":[{"stream":)"
      R"({"name":"s3cret-c"}}]},)"
      R"("state":{"s":"s3cret-state"},"destinationConfig":{"d":"s3cret-d"}})";
  std::string seen;
  for (const auto& outcome :
       {result<void>{}, result<void>{failure{ec::already_exists, "twice"}}}) {
    at.service.answer(outcome);
    for (const auto& target : {to_check, to_discover, to_read})
      for (const auto* more : {"", "&x=s3cret-x"})
        seen += at.ask("POST", target + "&startedBy=s3cret-person" + more,
                       secret_body, token)
                    .body;
  }
  for (size_t size = 0; size < secret_body.size(); size += 7)
    seen +=
        at.ask("POST", to_read, secret_body.substr(0, size) + ' ', token).body;
  CHECK(at.service.started()[0].config == R"({"p":"s3cret-config"})");
  CHECK(seen.find("s3cret") == std::string::npos);
  CHECK(at.log.await("409"));
  CHECK_FALSE(at.log.has("s3cret"));
  CHECK(at.log.has("syncId=s&taskId=t&"));
}
