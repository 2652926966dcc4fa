// The controller's HTTP API: which requests it refuses, and in which words.

#include "runtime/http/client/api_client.hpp"
#include "support/control_api_requests.hpp"

#include <tuple>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;

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
      {"GET", "/spec?package=" + std::string(256, 'a') + "&version=1", "", 400,
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
  cases.push_back({"POST", to_read + "&addMeta=Airbyte", read_body, 400,
                   "addMeta is none of airbyte, true, false, 1 and 0"});
  cases.push_back({"POST", to_read + "&deduplicate=airbyte", read_body, 400,
                   "deduplicate"});
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
    // A task's id may be made of three others, and so be longer.
    const auto id = bad.size() > 200 ? std::string(1001, 'a') : bad;
    cases.push_back(
        {"GET", "/cancel?syncId=s&taskId=" + id, "", 400, "taskId"});
    cases.push_back({"GET", "/tasks/" + id, "", 400, "task id"});
    cases.push_back({"GET", "/tasks/" + id + "/logs", "", 400, "task id"});
    cases.push_back({"GET", "/tasks?syncId=" + bad, "", 400, "syncId"});
  }
  for (const std::string step : {".", ".."}) {
    cases.push_back({"POST", to_discover + "&workspaceId=" + step, config_body,
                     400, "workspaceId must not be"});
    cases.push_back({"POST", "/read?taskId=t&syncId=" + step + '&' + image,
                     read_body, 400, "syncId must not be"});
    cases.push_back({"POST", "/read?syncId=s&taskId=" + step + '&' + image,
                     read_body, 400, "taskId must not be"});
  }
  for (const auto& one : cases)
    check_refused(at, one);
}

TEST_CASE("a malformed body is refused, and none of it is shown") {
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
      {"POST", to_check,
       R"({"destinationConfig":{"destinationType":"sqlite","path":"a","x":1e400}})",
       400, "destinationConfig: x is a number beyond"},
      {"POST", to_check,
       R"({"destinationConfig":{"destinationType":"sqlite","path":"\ud800"}})",
       400, "destinationConfig: path holds half of a surrogate"},
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
  cases.push_back(
      {"POST", to_read,
       read_body.substr(0, read_body.size() - 1)
           + R"(,"destinationConfig":{"destinationType":"duckdb",)"
             R"("token":"t0psecret"}})",
       422,
       "is not supported; supported are postgres, clickhouse, mysql, s3, gcs, "
       "sqlite and file"});
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

TEST_CASE("unknown paths and methods are reported") {
  control_api_world at{"token"};
  for (auto target : {"/specz", "/spec/", "//spec", "/tasks/", "/Spec",
                      "/tasks/a/b", "/tasks//logs", "/tasks/a/logs/",
                      "/a/../spec", "/%73pecz", "/spec%2F", "/spec%00"})
    CHECK(at.get(target).status == 404);
  for (const auto& [method, target, allowed] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"POST", "/spec", "GET"},
           {"GET", "/read", "POST"},
           {"HEADS", "/check", "POST"},
           {"HEAD", "/cancel", "GET, POST"},
           {"DELETE", "/tasks/1", "GET, HEAD"},
           {"PUT", "/cancel", "GET, POST"},
           {"OPTIONS", "/health", "GET, HEAD"},
           {"TRACE", "/metrics", "GET, HEAD"}}) {
    auto client = at.connect();
    client.send(request_text(method, target));
    auto answer = client.read_answer(method == "HEAD");
    REQUIRE(answer);
    CHECK(answer->status == 405);
    CHECK(answer->headers.at("allow") == allowed);
  }
}
