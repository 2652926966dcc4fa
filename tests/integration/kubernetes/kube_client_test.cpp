#include "runtime/kubernetes/kube_client.hpp"

#include "support/kube_stand_in.hpp"
#include "support/log_capture.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>
#include <fstream>
#include <future>
#include <set>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

// A server that writes to a client that has gone must not end the test.
const auto ignored = std::signal(SIGPIPE, SIG_IGN);

kube_counts_ptr counts() {
  return std::make_shared<kube_counts>();
}

kube_access access_to(const kube_stand_in& api) {
  kube_access out;
  out.server = api.url();
  return out;
}

kube_answer fine(const kube_call&) {
  return {};
}

result<api_answer> get(kube_client& client) {
  return client.call({"GET", "/x"});
}

/// @returns the header `authorization` of all calls.
std::vector<std::string> identities(const kube_stand_in& api) {
  std::vector<std::string> out;
  for (const auto& call : api.calls()) {
    auto found = call.headers.find("authorization");
    out.push_back(found == call.headers.end() ? "" : found->second);
  }
  return out;
}

using words = std::vector<std::string>;

} // namespace

TEST_CASE("a call is sent as it was requested, and answered whole") {
  kube_stand_in api{[](const kube_call&) {
    return kube_answer{201, R"({"kind":"Pod"})"};
  }};
  auto counted = counts();
  kube_client client{access_to(api), counted};
  kube_request request{"PATCH", "/api/v1/x?a=b%2Fc", R"({"a":1})"};
  request.content_type = "application/merge-patch+json";
  auto answer = client.call(request);
  REQUIRE(answer);
  CHECK(answer->status == 201);
  CHECK(answer->body == R"({"kind":"Pod"})");
  auto calls = api.calls();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].line() == "PATCH /api/v1/x?a=b%2Fc");
  CHECK(calls[0].body == R"({"a":1})");
  CHECK(calls[0].headers.at("content-type") == "application/merge-patch+json");
  CHECK_FALSE(calls[0].headers.contains("authorization"));
  CHECK(counted->requests == 1);
  CHECK(counted->failed == 0);
}

TEST_CASE("a token is sent, and so are name and password") {
  kube_stand_in api{fine};
  auto access = access_to(api);
  access.token = "hush";
  kube_client with_token{access, counts()};
  REQUIRE(get(with_token));
  access.username = "Aladdin";
  access.password = "open sesame";
  kube_client with_password{access, counts()};
  REQUIRE(get(with_password));
  // RFC 7617's example.
  CHECK(identities(api)
        == words{"Bearer hush", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="});
}

TEST_CASE("a token that was replaced is read anew after 401, once") {
  const scratch_folder folder;
  auto file = folder.path() / "token";
  std::ofstream{file} << "one\n";
  std::string valid = "Bearer one";
  kube_stand_in api{[&valid](const kube_call& call) {
    return kube_answer{call.headers.at("authorization") == valid ? 200 : 401};
  }};
  auto access = access_to(api);
  access.token_file = file;
  kube_client client{access, counts()};
  CHECK(get(client)->status == 200);
  std::ofstream{file} << "two\n";
  // It is not read for each call.
  CHECK(get(client)->status == 200);
  valid = "Bearer two";
  CHECK(get(client)->status == 200);
  CHECK(identities(api)
        == words{"Bearer one", "Bearer one", "Bearer one", "Bearer two"});
  valid = "Bearer three";
  CHECK(get(client)->status == 401);
  CHECK(api.calls().size() == 6);
  // The last one stays if there is none.
  const log_capture log;
  std::filesystem::remove(file);
  CHECK(get(client)->status == 401);
  CHECK(identities(api).back() == "Bearer two");
  CHECK(log.has("cannot be read"));
}

TEST_CASE("a call waits as 429 asks it to") {
  std::atomic<int> busy = 2;
  kube_stand_in api{[&busy](const kube_call&) {
    kube_answer out;
    if (busy-- > 0) {
      out.status = 429;
      out.headers = {{"Retry-After", busy == 1 ? "1" : "0"}};
    }
    return out;
  }};
  auto counted = counts();
  kube_client client{access_to(api), counted};
  auto began = std::chrono::steady_clock::now();
  auto answer = get(client);
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(std::chrono::steady_clock::now() - began >= 1s);
  CHECK(counted->throttled == 2);
  CHECK(counted->requests == 3);
  CHECK(counted->failed == 0);
}

TEST_CASE("a call that always gets 429 is given up") {
  kube_stand_in api{[](const kube_call&) {
    return kube_answer{
        429, R"({"message":"slow down"})", {{"Retry-After", "0"}}};
  }};
  kube_client client{access_to(api), counts()};
  auto answer = get(client);
  REQUIRE(answer);
  CHECK(answer->status == 429);
  CHECK(answer->body == R"({"message":"slow down"})");
  CHECK(api.calls().size() == 6);
}

TEST_CASE("5xx is an answer, and counted; no answer is a failure") {
  auto counted = counts();
  kube_access access;
  {
    kube_stand_in api{[](const kube_call&) {
      return kube_answer{503};
    }};
    access = access_to(api);
    kube_client client{access, counted};
    CHECK(get(client)->status == 503);
    CHECK(counted->failed == 1);
  }
  kube_client client{access, counted};
  auto answer = get(client);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ec::service_unavailable);
  CHECK_THAT(answer.error().what,
             Catch::Matchers::ContainsSubstring(access.server.substr(7)));
  CHECK(counted->failed == 2);
}

TEST_CASE("a connection is kept for the next call") {
  kube_stand_in api{fine};
  kube_client client{access_to(api), counts()};
  REQUIRE(get(client));
  REQUIRE(client.call({"POST", "/x", "{}"}));
  REQUIRE(client.call({"DELETE", "/x", "{}"}));
  std::set<int> ports;
  for (const auto& call : api.calls())
    ports.insert(call.client_port);
  CHECK(api.calls().size() == 3);
  CHECK(ports.size() == 1);
}

TEST_CASE("a call under way ends at once when it is told to stop") {
  std::promise<void> asked;
  kube_stand_in* hanging = nullptr;
  kube_stand_in api{[&](const kube_call& call) {
    kube_answer out;
    if (call.path == "/watch") {
      // Begins, and says nothing.
      out.stream = [&](const auto& write) {
        write("begun");
        hanging->hang();
        return false;
      };
    } else if (call.path == "/busy") {
      out = {429, "{}", {{"Retry-After", "30"}}};
      asked.set_value();
    } else {
      asked.set_value();
      hanging->hang();
    }
    return out;
  }};
  hanging = &api;
  for (const auto* path : {"/answer", "/watch", "/busy"}) {
    INFO(path);
    asked = {};
    kube_client client{access_to(api), counts()};
    kube_request request{"GET", path};
    if (request.path == "/watch")
      request.on_body = [&](std::string_view) {
        asked.set_value();
      };
    auto ended = std::async(std::launch::async, [&] {
      auto answer = client.call(request);
      return answer ? ec::none : answer.error().code;
    });
    asked.get_future().wait();
    auto began = std::chrono::steady_clock::now();
    client.stop();
    REQUIRE(ended.get() == ec::cancelled);
    CHECK(std::chrono::steady_clock::now() - began < 700ms);
    auto after = get(client);
    REQUIRE_FALSE(after);
    CHECK(after.error().code == ec::cancelled);
  }
}

TEST_CASE("a call ends after a long silence, and if it may not go on") {
  kube_stand_in* hanging = nullptr;
  kube_stand_in api{[&](const kube_call&) {
    hanging->hang();
    return kube_answer{};
  }};
  hanging = &api;
  kube_client client{access_to(api), counts()};
  kube_request request{"GET", "/"};
  auto expected = ec::service_unavailable;
  SECTION("silence") {
    request.silence_timeout = 1s;
  }
  SECTION("go_on") {
    expected = ec::cancelled;
    request.go_on = [] {
      return false;
    };
  }
  auto answer = client.call(request);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == expected);
}

TEST_CASE("both sides show their certificates over TLS") {
  const auto authority = make_authority("127.0.0.1");
  kube_stand_in api{fine, authority};
  auto access = access_to(api);
  access.authorities = authority.certificate;
  access.certificate = authority.client_certificate;
  access.key = authority.client_key;
  access.token = "hush";

  SECTION("all is well") {
    kube_client client{access, counts()};
    REQUIRE(get(client));
    REQUIRE(get(client));
    auto calls = api.calls();
    CHECK(calls[0].client_port == calls[1].client_port);
    CHECK(identities(api) == words{"Bearer hush", "Bearer hush"});
  }
  SECTION("an authority that is another one is refused") {
    access.authorities = make_authority("127.0.0.1").certificate;
    kube_client client{access, counts()};
    auto answer = get(client);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ec::service_unavailable);
    CHECK(api.calls().empty());
  }
  SECTION("the system's authorities do not know it") {
    access.authorities.clear();
    kube_client client{access, counts()};
    CHECK_FALSE(get(client));
    CHECK(api.calls().empty());
  }
  SECTION("whoever has no certificate is refused") {
    access.certificate.clear();
    access.key.clear();
    kube_client client{access, counts()};
    CHECK_FALSE(get(client));
    CHECK(api.calls().empty());
  }
  SECTION("insecure takes any") {
    access.authorities.clear();
    access.insecure = true;
    kube_client client{access, counts()};
    CHECK(get(client));
  }
}

TEST_CASE("a certificate's name may differ from the server's") {
  const auto authority = make_authority("kubernetes.default");
  kube_stand_in api{fine, authority};
  auto access = access_to(api);
  access.authorities = authority.certificate;
  access.certificate = authority.client_certificate;
  access.key = authority.client_key;
  kube_client under_its_address{access, counts()};
  CHECK_FALSE(get(under_its_address));
  access.tls_server_name = "kubernetes.default";
  kube_client under_its_name{access, counts()};
  CHECK(get(under_its_name));
  access.tls_server_name = "kubernetes.other";
  kube_client under_another{access, counts()};
  CHECK_FALSE(get(under_another));
}

TEST_CASE("the API's words become a failure of one line") {
  struct row {
    long status;
    std::string body;
    ec code;
    std::string what;
  };

  const auto rows = std::vector<row>{
      {404, R"({"reason":"NotFound","message":"pods \"x\" not found"})",
       ec::not_found, R"(HTTP 404 NotFound: pods "x" not found)"},
      {409, R"({"reason":"AlreadyExists","message":"m"})", ec::already_exists,
       "HTTP 409 AlreadyExists: m"},
      {409, R"({"reason":"Conflict","message":"m"})", ec::service_unavailable,
       "HTTP 409 Conflict: m"},
      {400, "", ec::invalid_argument, "HTTP 400"},
      {413, "{}", ec::invalid_argument, R"(HTTP 413: "{}")"},
      {422, R"({"reason":7,"message":"a\nb\tc\u0000 "})", ec::invalid_argument,
       "HTTP 422: a b c"},
      {429, "[]", ec::too_busy, R"(HTTP 429: "[]")"},
      {401, "go\naway", ec::system_failed, R"(HTTP 401: "go?away")"},
      {403, "null", ec::system_failed, R"(HTTP 403: "null")"},
      {500, "{", ec::service_unavailable, R"(HTTP 500: "{")"},
      {503, R"({"message":")" + std::string(999, 'x') + "äö\"}",
       ec::service_unavailable, "HTTP 503: " + std::string(999, 'x') + "…"},
  };
  for (const auto& [status, body, code, what] : rows) {
    INFO(status << " " << body);
    auto failed = to_kube_failure("do it", {status, body});
    CHECK(failed.code == code);
    CHECK(failed.what == "Kubernetes: cannot do it: " + what);
  }
}
