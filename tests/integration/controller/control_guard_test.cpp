// The requests that are refused because of a browser's headers, and those that
// are not.

#include "controller/api/request_guard.hpp"
#include "support/control_api_world.hpp"

using namespace motorcade;
using namespace motorcade::test;

namespace {

constexpr exposure all_exposures[] = {exposure::tokens, exposure::machine,
                                      exposure::anonymous, exposure::pod};

bool is_refused(const http_fields& headers, exposure open_to,
                std::string_view method = "GET") {
  return refuse_request(method, headers, open_to).has_value();
}

} // namespace

TEST_CASE("a request of another origin's page is refused for every exposure") {
  struct {
    http_fields headers;
    bool refused;
  } const cases[] = {
      {{{"host", "localhost:3043"}}, false},
      {{{"host", "localhost:3043"}, {"origin", "http://localhost:3043"}},
       false},
      {{{"host", "LOCALHOST:3043"}, {"origin", "HTTP://localhost:3043"}},
       false},
      {{{"host", "localhost"}, {"origin", "http://localhost:80"}}, false},
      {{{"host", "localhost:80"}, {"origin", "http://localhost"}}, false},
      {{{"host", "[::1]:3043"}, {"origin", "http://[::1]:3043"}}, false},
      {{{"host", "localhost:3043"}, {"origin", "http://localhost:8080"}}, true},
      {{{"host", "localhost:3043"}, {"origin", "http://localhost"}}, true},
      {{{"host", "localhost:3043"}, {"origin", "https://localhost:3043"}},
       true},
      {{{"host", "localhost:3043"}, {"origin", "http://127.0.0.1:3043"}}, true},
      {{{"host", "localhost:3043"}, {"origin", "http://evil.example"}}, true},
      {{{"host", "localhost:3043"},
        {"origin", "http://localhost:3043.evil.example"}},
       true},
      {{{"host", "localhost:3043"}, {"origin", "http://x@localhost:3043"}},
       true},
      {{{"host", "localhost:3043"}, {"origin", "http://localhost:3043/"}},
       true},
      {{{"host", "localhost:3043"}, {"origin", "null"}}, true},
      {{{"host", "localhost:3043"}, {"origin", ""}}, true},
      {{{"host", "localhost:3043"}, {"origin", "file://"}}, true},
      {{{"host", "localhost:3043"}, {"origin", "localhost:3043"}}, true},
      {{{"origin", "http://localhost:3043"}}, true},
      {{{"host", "localhost:3043"},
        {"origin", "http://localhost:3043"},
        {"origin", "http://evil.example"}},
       true},
      {{{"host", "localhost:3043"},
        {"origin", "http://localhost:3043, http://evil.example"}},
       true},
      // A proxy ends TLS, and may change the host.
      {{{"host", "localhost"},
        {"x-forwarded-proto", "https"},
        {"origin", "https://localhost"}},
       false},
      {{{"host", "localhost"},
        {"x-forwarded-proto", "https"},
        {"origin", "http://localhost"}},
       true},
      {{{"host", "127.0.0.1:3043"},
        {"x-forwarded-proto", "https, http"},
        {"x-forwarded-host", "syncs.example.com"},
        {"origin", "https://syncs.example.com"}},
       false},
      {{{"host", "127.0.0.1:3043"},
        {"x-forwarded-proto", "https"},
        {"x-forwarded-host", "syncs.example.com"},
        {"origin", "https://evil.example"}},
       true},
      {{{"host", "localhost"}, {"sec-fetch-site", "same-origin"}}, false},
      {{{"host", "localhost"}, {"sec-fetch-site", "none"}}, false},
      {{{"host", "localhost"}, {"sec-fetch-mode", "cors"}}, false},
      {{{"host", "localhost"}, {"sec-fetch-site", "cross-site"}}, true},
      {{{"host", "localhost"}, {"sec-fetch-site", "Cross-Site"}}, true},
      {{{"host", "localhost"}, {"sec-fetch-site", "same-site"}}, true},
      {{{"host", "localhost"},
        {"sec-fetch-site", "same-origin"},
        {"sec-fetch-site", "cross-site"}},
       true},
      {{{"host", "localhost"},
        {"origin", "http://localhost"},
        {"sec-fetch-site", "cross-site"}},
       true},
  };

  for (const auto& one : cases)
    for (auto open_to : all_exposures)
      for (const auto* method : {"GET", "POST", "OPTIONS"}) {
        for (const auto& [name, value] : one.headers)
          UNSCOPED_INFO(name << ": " << value);
        CHECK(is_refused(one.headers, open_to, method) == one.refused);
      }
}

TEST_CASE("without tokens a name that is not this machine's is refused") {
  struct {
    const char* host;
    bool machine;
    bool anonymous;
  } const cases[] = {
      {"localhost", true, true},
      {"localhost:3043", true, true},
      {"syncs.localhost", true, true},
      {"127.0.0.1:1", true, true},
      {"127.9.9.9", true, true},
      {"[::1]:3043", true, true},
      {"10.0.0.1:3043", false, true},
      {"[fe80::1]", false, true},
      {"evil.example", false, false},
      {"localhost.evil.example", false, false},
      {"", false, false},
      {"localhost:x", false, false},
      {"localhost@evil", false, false},
      {"localhost, evil", false, false},
  };

  for (const auto& one : cases) {
    INFO(one.host);
    http_fields headers{{"host", one.host}};
    CHECK(is_refused(headers, exposure::machine) != one.machine);
    CHECK(is_refused(headers, exposure::anonymous) != one.anonymous);
    CHECK_FALSE(is_refused(headers, exposure::tokens));
    CHECK_FALSE(is_refused(headers, exposure::pod));
  }
}

TEST_CASE("without tokens a body that any page may send is refused") {
  struct {
    const char* type;
    bool refused;
  } const cases[] = {
      {"application/json", false},
      {"application/json; charset=utf-8", false},
      {"application/octet-stream", false},
      {"text/plain", true},
      {"Text/Plain;charset=UTF-8", true},
      {" text/plain ; a=b", true},
      {"application/x-www-form-urlencoded", true},
      {"multipart/form-data; boundary=x", true},
      {"application/json, text/plain", true},
  };

  for (const auto& one : cases) {
    INFO(one.type);
    http_fields headers{{"host", "localhost"}, {"content-type", one.type}};
    for (auto open_to : all_exposures) {
      auto counts = open_to != exposure::tokens;
      CHECK(is_refused(headers, open_to, "POST") == (one.refused && counts));
      CHECK_FALSE(is_refused(headers, open_to, "GET"));
    }
  }
}

TEST_CASE("a form is taken from a client that is no browser") {
  struct {
    const char* agent;
    const char* type;
    bool refused;
  } const cases[] = {
      {"curl/7.88.1", "application/x-www-form-urlencoded", false},
      {"Wget/1.21", "application/x-www-form-urlencoded", false},
      {"Mozilla/5.0 (X11; Linux x86_64)", "application/x-www-form-urlencoded",
       true},
      {"Opera/9.80", "application/x-www-form-urlencoded", true},
      {"", "application/x-www-form-urlencoded", true},
      {"curl/7.88.1", "text/plain", true},
      {"curl/7.88.1", "multipart/form-data; boundary=x", true},
  };

  for (const auto& one : cases) {
    INFO(one.agent << " " << one.type);
    http_fields headers{{"host", "localhost"},
                        {"user-agent", one.agent},
                        {"content-type", one.type}};
    for (auto open_to : {exposure::pod, exposure::anonymous})
      CHECK(is_refused(headers, open_to, "POST") == one.refused);
  }
}

TEST_CASE("a browser's GET acts only if no other page caused it") {
  struct {
    http_fields headers;
    bool refused;
  } const cases[] = {
      // What Chromium sends for an image of a page to a plain http address.
      {{{"host", "syncctl.corp"}, {"user-agent", "Mozilla/5.0 (X11)"}}, true},
      {{{"host", "10.0.0.7"},
        {"user-agent", "Mozilla/5.0"},
        {"referer", "http://10.0.0.7/"}},
       true},
      {{{"host", "syncctl.corp"}, {"user-agent", "Opera/9.80"}}, true},
      {{{"host", "localhost"},
        {"user-agent", "Mozilla/5.0"},
        {"sec-fetch-site", "same-origin"}},
       false},
      {{{"host", "localhost"},
        {"user-agent", "Mozilla/5.0"},
        {"sec-fetch-site", "none"}},
       false},
      {{{"host", "syncctl"}, {"user-agent", "curl/8.5.0"}}, false},
      {{{"host", "syncctl"}, {"user-agent", "node"}}, false},
      {{{"host", "syncctl"}, {"user-agent", "Go-http-client/1.1"}}, false},
      {{{"host", "syncctl"}}, false},
  };

  for (const auto& one : cases) {
    for (const auto& [name, value] : one.headers)
      UNSCOPED_INFO(name << ": " << value);
    for (auto open_to : {exposure::machine, exposure::anonymous, exposure::pod})
      CHECK(refuse_acting_get(one.headers, open_to).has_value() == one.refused);
    CHECK_FALSE(refuse_acting_get(one.headers, exposure::tokens));
  }
}

TEST_CASE("no GET of a browser starts or ends a task without tokens") {
  control_api_world at;
  for (const auto* path :
       {"/cancel?syncId=s&taskId=t", "/spec?package=p&version=1"}) {
    INFO(path);
    auto answer =
        at.ask("GET", path, {}, "User-Agent: Mozilla/5.0 (X11; Linux)\r\n");
    CHECK(answer.status == 403);
    CHECK(error_of(answer).find("a browser's GET") != std::string::npos);
    CHECK(at.ask("GET", path, {}, "User-Agent: curl/8\r\n").status != 403);
  }
  CHECK(at.ask("GET", "/tasks", {}, "User-Agent: Mozilla/5.0\r\n").status
        == 200);
}

TEST_CASE("the guard stands before every path, and says why") {
  control_api_world at{"token"};
  for (const auto* path : {"/", "/health", "/ready", "/openapi.json", "/tasks",
                           "/cancel?syncId=s&taskId=t", "/nowhere"})
    for (const auto* header :
         {"Origin: https://evil.example\r\n", "Origin: null\r\n",
          "Sec-Fetch-Site: cross-site\r\n"}) {
      INFO(path << ' ' << header);
      auto answer = at.ask("GET", path, {},
                           std::string{"Authorization: token\r\n"} + header);
      CHECK(answer.status == 403);
      CHECK(error_of(answer).size() > 40);
    }
  CHECK(at.service.cancelled().empty());
  control_api_world open;
  const std::string start = "/check?storageKey=k&package=a&version=1";
  for (const auto* header :
       {"Content-Type: text/plain\r\n", "content-type: multipart/form-data\r\n",
        "Origin: http://localhost:1\r\n"})
    CHECK(open.ask("POST", start, R"({"config":{}})", header).status == 403);
  CHECK(open.service.started().empty());
  CHECK(
      open.ask("POST", start, R"({"config":{}})",
               "Content-Type: application/json\r\nOrigin: http://localhost\r\n"
               "Sec-Fetch-Site: same-origin\r\n")
          .status
      == 200);
  // As curl and consoles ask.
  CHECK(
      open.ask("GET", "/cancel?syncId=s&taskId=t", {}, "Accept: */*\r\n").status
      == 200);
}

TEST_CASE("readiness warns if all clients are admitted") {
  for (auto open_to : all_exposures) {
    control_api_world at{{}, {}, {}, open_to};
    auto ready = json_of(at.get("/ready"));
    CHECK(ready.at("status") == "pass");
    CHECK(ready.contains("warning")
          == (open_to == exposure::pod || open_to == exposure::anonymous));
    CHECK_FALSE(json_of(at.get("/health")).contains("warning"));
  }
}
