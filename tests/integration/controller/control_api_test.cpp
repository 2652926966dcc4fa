// The controller's HTTP API: what it asks of its service, and of whom.

#include "runtime/http/client/api_client.hpp"
#include "support/control_api_requests.hpp"

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;

TEST_CASE("a request for a spec starts its task") {
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

TEST_CASE("a check and a discover take their parameters and documents") {
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

TEST_CASE("a read takes its parameters, and its documents byte for byte") {
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
  CHECK(at.ask("POST", to_read + "&addMeta=airbyte", read_body).status == 200);
  CHECK(at.ask("POST", to_read + "&deduplicate=&addMeta=&debug=false",
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
  CHECK(tasks[0].add_meta == row_meta::jitsu);
  CHECK(tasks[1].add_meta == row_meta::airbyte);
  CHECK(tasks[2].add_meta == row_meta::none);
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

TEST_CASE(
    "a read waits for the sidecar of its sync's last read if that is over") {
  struct row {
    /// The task that keeps the read off, how often it is found, its status.
    std::string other;
    size_t looks;
    task_status status;
    int http;
    size_t starts;
  };

  const row table[] = {{"before", 3, task_status::success, 200, 2},
                       {"before", 1, task_status::cancelled, 200, 2},
                       {"before", 3, task_status::running, 409, 1},
                       {"t", 3, task_status::success, 409, 1},
                       {"without a row", 3, task_status::success, 409, 1},
                       // Longer than a client is kept waiting.
                       {"before", 1'000'000, task_status::failed, 409, 1}};
  for (const auto& one : table) {
    CAPTURE(one.other, to_string(one.status), one.looks);
    control_api_world at;
    task_record before;
    before.sync_id = "s";
    before.task_id = one.other == "t" ? "t" : "before";
    before.status = one.status;
    at.service.put(before);
    at.service.save(one.other, one.looks);
    CHECK(at.ask("POST", to_read, read_body).status == one.http);
    CHECK(at.service.started().size() == one.starts);
  }
}

TEST_CASE("a check takes a destination with a config, or alone") {
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

TEST_CASE("a client without a token is admitted to the open paths only") {
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
  CHECK(open.get("/metrics").body.starts_with("up 1\n"));
  CHECK(open.get("/metrics").headers.at("content-type")
        == "text/plain; version=0.0.4; charset=utf-8");
}

TEST_CASE("no answer and no line of log holds a secret") {
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
