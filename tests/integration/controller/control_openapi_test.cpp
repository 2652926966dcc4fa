// The API's description against the API itself.

#include "controller/api/error_codes.hpp"
#include "controller/api/openapi.hpp"
#include "support/control_api_world.hpp"

#include <algorithm>
#include <map>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;

namespace {

/// An operation of the document.
struct documented {
  std::string path;
  std::string method;
  json operation;

  /// @returns the query's parameters that are required, with good values.
  std::map<std::string, std::string> required() const {
    std::map<std::string, std::string> out;
    for (const auto& one : operation.at("parameters"))
      if (!one.contains("$ref") && one.at("in") == "query"
          && one.at("required") == true)
        out[one.at("name")] = one.at("name") == "package" ? "a/b" : "v";
    return out;
  }

  std::string target(const std::map<std::string, std::string>& query) const {
    auto out = path;
    for (const std::string name :
         {"{taskId}", "{syncId}", "{storageKey}", "{table}"})
      if (auto brace = out.find(name); brace != std::string::npos)
        out.replace(brace, name.size(), "known");
    auto mark = '?';
    for (const auto& [name, value] : query)
      out += std::exchange(mark, '&') + name + '=' + value;
    return out;
  }

  std::string body() const {
    if (!operation.contains("requestBody"))
      return {};
    // Which needs no image.
    if (operation.at("operationId") == "check")
      return R"({"destinationConfig":{"destinationType":"postgres"}})";
    if (operation.at("operationId") == "putSync")
      return R"({"source":{"package":"p","version":"1","config":{}}})";
    return R"({"config":{},"catalog":{"streams":[{"stream":{"name":"users"},)"
           R"("sync_mode":"incremental"}]}})";
  }

  std::string verb() const {
    auto out = method;
    for (auto& c : out)
      c = static_cast<char>(c - 'a' + 'A');
    return out;
  }
};

const json& document() {
  static const auto all = json::parse(openapi_document());
  return all;
}

std::vector<documented> operations() {
  std::vector<documented> out;
  for (const auto& [path, methods] : document().at("paths").items())
    for (const auto& [method, operation] : methods.items())
      out.push_back({path, method, operation});
  return out;
}

/// Checks that all references lead somewhere.
void check_references(const json& value) {
  if (value.is_object() && value.contains("$ref")) {
    auto target = value.at("$ref").get<std::string>();
    INFO(target);
    REQUIRE(target.starts_with("#/"));
    CHECK(document().contains(json::json_pointer{target.substr(1)}));
  }
  if (value.is_structured())
    for (const auto& part : value)
      check_references(part);
}

/// The codes that the description knows.
const std::set<std::string>& documented_codes() {
  static const std::set<std::string> all = document().at(
      json::json_pointer{"/components/schemas/Error/properties/code/enum"});
  return all;
}

void check_documented(const documented& one, const raw_answer& answer) {
  INFO(one.verb() << ' ' << one.path << ' ' << answer.status);
  auto responses = one.operation.at("responses");
  auto status = std::to_string(answer.status);
  REQUIRE(responses.contains(status));
  auto response = responses.at(status);
  if (response.contains("$ref"))
    response = document().at(
        json::json_pointer{response.at("$ref").get<std::string>().substr(1)});
  auto type = answer.headers.at("content-type");
  CHECK(response.at("content").contains(type.substr(0, type.find(';'))));
  if (answer.status >= 400 && answer.body.find("\"ok\"") != std::string::npos)
    CHECK(documented_codes().contains(json::parse(answer.body).at("code")));
  for (const auto& [name, header] : response.at("headers").items()) {
    std::string lower;
    for (auto c : name)
      lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    INFO(name);
    CHECK(answer.headers.contains(lower));
  }
}

void put_task(control_api_world& at) {
  task_record row;
  row.task_id = "known";
  row.status = task_status::success;
  at.service.put(row);
}

const std::string token_header = "Authorization: Bearer token\r\n";

} // namespace

TEST_CASE("the description is a valid OpenAPI document") {
  CHECK(document().at("openapi") == "3.1.0");
  CHECK(document().at("info").contains("title"));
  CHECK(document().at("info").contains("version"));
  CHECK(document().at("security") == json::parse(R"([{"token":[]}])"));
  check_references(document());
  std::set<std::string> ids;
  for (const auto& one : operations()) {
    INFO(one.verb() << ' ' << one.path);
    CHECK(ids.insert(one.operation.at("operationId")).second);
    CHECK(one.operation.at("responses").contains("200"));
    for (const auto& parameter : one.operation.at("parameters"))
      if (!parameter.contains("$ref")) {
        CHECK(parameter.at("schema").is_object());
        CHECK_FALSE(parameter.at("description").get<std::string>().empty());
      }
    for (const auto& [code, response] : one.operation.at("responses").items())
      CHECK(response.is_object());
  }
  for (const auto& [name, schema] :
       document().at("components").at("schemas").items())
    CHECK(schema.is_object());
  auto body = document().at("components").at("schemas").at("ReadBody");
  CHECK(body.at("required") == json{"config", "catalog"});
}

TEST_CASE("every path and method of the description is served, and no other") {
  control_api_world at{"token"};
  put_task(at);
  std::map<std::string, std::set<std::string>> methods;
  for (const auto& one : operations())
    methods[one.path].insert(one.verb());
  for (const auto& one : operations()) {
    auto answer = at.ask(one.verb(), one.target(one.required()), one.body(),
                         token_header);
    INFO(one.verb() << ' ' << one.path);
    CHECK(answer.status == 200);
    check_documented(one, answer);
    auto bare = at.ask(one.verb(), one.target({}));
    check_documented(one, bare);
    auto open = one.operation.contains("security");
    CHECK((bare.status == 401) == !open);
  }
  // The server names the methods itself.
  for (const auto& [path, documented_methods] : methods) {
    documented one{path, "", {}};
    auto allowed = at.ask("PATCH", one.target({})).headers.at("allow");
    for (const auto& method : documented_methods)
      CHECK(allowed.find(method) != std::string::npos);
    // HEAD is answered wherever a GET changes nothing.
    const std::ptrdiff_t head =
        allowed.find("HEAD") == std::string::npos ? 0 : 1;
    CHECK(std::count(allowed.begin(), allowed.end(), ',') + 1
          == static_cast<std::ptrdiff_t>(documented_methods.size()) + head);
    CHECK(head
          == (path == "/spec" || path == "/cancel"
                      || !documented_methods.contains("GET")
                  ? 0
                  : 1));
  }
  std::set<std::string> paths;
  for (const auto& [path, unused] : methods)
    paths.insert(path);
  CHECK(paths.size() == controller_api::paths().size());
  for (const auto& path : controller_api::paths()) {
    INFO(path);
    CHECK(paths.contains(path));
  }
}

TEST_CASE("parameters that the description calls required are required") {
  control_api_world at;
  put_task(at);
  size_t tried = 0;
  for (const auto& one : operations()) {
    for (const auto& [name, value] : one.required()) {
      INFO(one.verb() << ' ' << one.path << " without " << name);
      auto query = one.required();
      query.erase(name);
      auto answer = at.ask(one.verb(), one.target(query), one.body());
      CHECK(answer.status == 400);
      CHECK(error_of(answer).find(name) != std::string::npos);
      check_documented(one, answer);
      // As good as not given.
      query[name] = "";
      CHECK(at.ask(one.verb(), one.target(query), one.body()).status == 400);
      ++tried;
    }
    if (!one.operation.contains("requestBody"))
      continue;
    auto schema =
        document().at(json::json_pointer{one.operation.at("requestBody")
                                             .at("content")
                                             .at("application/json")
                                             .at("schema")
                                             .at("$ref")
                                             .get<std::string>()
                                             .substr(1)});
    for (const auto& name : schema.value("required", json::array())) {
      auto body = json::parse(one.body());
      body.erase(name.get<std::string>());
      auto answer = at.ask(one.verb(), one.target(one.required()), body.dump());
      CHECK(answer.status == 400);
      CHECK(error_of(answer).find(name) != std::string::npos);
      ++tried;
    }
  }
  CHECK(tried == 2 + 1 + 4 + 6 + 2 + 2 + 1 + 1 + 2);
}

TEST_CASE("the description's limits are those of the API") {
  control_api_world at;
  put_task(at);
  for (const auto& one : operations())
    for (const auto& parameter : one.operation.at("parameters")) {
      if (parameter.contains("$ref") || parameter.at("in") != "query")
        continue;
      auto name = parameter.at("name").get<std::string>();
      INFO(one.verb() << ' ' << one.path << ' ' << name);
      auto with = [&](const std::string& value) {
        auto query = one.required();
        query[name] = value;
        return at.ask(one.verb(), one.target(query), one.body());
      };
      auto schema = parameter.at("schema");
      if (schema.contains("anyOf")) {
        // Empty, as good as not given, or the other.
        CHECK(schema.at("anyOf").at(1) == json{{"const", ""}});
        schema = json(schema.at("anyOf").at(0));
        CHECK(with("").status == 200);
      }
      if (schema.contains("maxLength")) {
        auto longest = schema.at("maxLength").get<size_t>();
        auto answer = with(std::string(longest + 1, 'a'));
        CHECK(answer.status == 400);
        // A status and an image have more rules than their length.
        if (name != "status" && name != "package" && name != "version"
            && name != "kind" && name != "label")
          CHECK(with(std::string(longest, 'a')).status == 200);
      } else if (schema.contains("enum")) {
        for (const auto& value : schema.at("enum"))
          if (name != "thenRun")
            CHECK(with(value).status == 200);
        CHECK(with("neither").status == 400);
      } else if (schema.contains("minimum")) {
        CHECK(with(schema.at("minimum").dump()).status == 200);
        CHECK(with(schema.at("maximum").dump()).status == 200);
        CHECK(with("0").status == 400);
        CHECK(with("1001").status == 400);
      } else {
        CHECK(with("x").status == 400);
      }
      check_documented(one, with("x"));
    }
}

TEST_CASE("every code of an error is in the description, and no other") {
  std::set<std::string> known;
  for (auto code : error_codes)
    known.emplace(code);
  for (int status = 400; status < 600; ++status)
    known.emplace(error_code_of(status));
  CHECK(known == documented_codes());
  for (const auto& code : known) {
    INFO(code);
    CHECK(code.find_first_not_of("abcdefghijklmnopqrstuvwxyz_")
          == std::string::npos);
  }
}

TEST_CASE("each error has the code of its reason") {
  control_api_world at{"token"};
  const auto code = [&](std::string_view method, std::string_view target,
                        std::string_view body = {}) {
    return json_of(at.ask(method, target, body, token_header)).at("code");
  };
  CHECK(code("GET", "/nowhere") == "no_such_path");
  CHECK(code("PUT", "/tasks") == "method_not_allowed");
  CHECK(json_of(at.get("/tasks")).at("code") == "unauthorized");
  CHECK(code("GET", "/tasks?limt=1") == "unknown_parameter");
  CHECK(code("GET", "/tasks?limit=0") == "wrong_parameter");
  CHECK(code("GET", "/cancel?syncId=a") == "missing_parameter");
  CHECK(code("GET", "/tasks/none") == "no_such_task");
  CHECK(code("GET", "/tasks/none/logs") == "no_such_task");
  CHECK(code("POST", "/check?storageKey=a&package=a/b&version=1", "[]")
        == "wrong_body");
  CHECK(code("POST", "/check?storageKey=a&package=a/b&version=1", "{")
        == "wrong_body");
  at.service.answer(failure{ec::too_busy, "later"});
  CHECK(code("GET", "/tasks") == "too_busy");
  at.service.answer(failure{ec::database_unavailable, "away"});
  CHECK(code("GET", "/tasks") == "unavailable");
}

TEST_CASE("every failure is in the description") {
  http_server_settings settings;
  settings.body_patience = std::chrono::milliseconds{100};
  control_api_world at{"token", {}, settings};
  put_task(at);
  for (const auto& one : operations()) {
    INFO(one.verb() << ' ' << one.path);
    auto target = one.target(one.required());
    auto look = [&](const std::string& text) {
      auto answer = at.connect().ask(text);
      REQUIRE(answer);
      check_documented(one, *answer);
      return answer->status;
    };
    auto with = [&](const std::string& headers) {
      return look(request_text(one.verb(), target, token_header + headers));
    };
    CHECK(with("Content-Length: 99999999\r\n") == 413);
    CHECK(with("Content-Length: 1\r\n") == 408);
    CHECK(with("Content-Length: x\r\n") == 400);
    CHECK(with("Content-Encoding: br\r\n") == 415);
    CHECK(with("Transfer-Encoding: br\r\n") == 501);
    CHECK(with("Expect: nothing\r\n") == 417);
    CHECK(with("A: " + std::string(9000, 'a') + "\r\n") == 431);
    CHECK(look(request_text(one.verb(), target + std::string(20000, 'a')))
          == 414);
    CHECK(look(one.verb() + ' ' + target + " HTTP/3.0\r\n\r\n") == 505);
    for (auto code :
         {ec::invalid_argument, ec::not_found, ec::already_exists, ec::too_busy,
          ec::service_unavailable, ec::database_unavailable, ec::timed_out,
          ec::system_failed}) {
      // No service says of a list or a probe that it exists already.
      auto of_sync = one.path.starts_with("/syncs/");
      auto possible = one.path == "/spec" || one.path == "/check"
                      || one.path == "/discover" || one.path == "/read"
                      || one.path == "/cancel"
                      || (of_sync && one.method != "get");
      auto start = possible && one.path != "/cancel" && !of_sync;
      if ((code == ec::already_exists && !possible)
          || (code == ec::not_found && start))
        continue;
      if (code == ec::not_found
          && (one.path == "/tasks" || one.path == "/states"
              || one.path == "/syncs" || one.path == "/connectors"))
        continue;
      at.service.answer(failure{code, "reason"});
      at.syncs.answer(failure{code, "reason"});
      at.tables.answer(failure{code, "reason"});
      look(request_text(one.verb(), target, token_header, one.body()));
    }
    at.service.answer({});
    at.syncs.answer({});
    at.tables.answer({});
  }
}
