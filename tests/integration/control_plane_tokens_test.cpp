// The access tokens that calls to a control plane need, over real HTTP.

#include "schema/base/base64.hpp"
#include "support/control_plane_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

/// A JSON Web Token that nobody has signed.
std::string make_token(const std::string& name, const std::string& claims) {
  return to_base64url(R"({"alg":"none"})") + '.' + to_base64url(claims) + '.'
         + name;
}

/// A control plane that wants tokens of its own, which it can take back.
struct token_world : control_plane_world {
  token_world() {
    settings.token.clear();
    settings.tokens = std::make_shared<access_tokens>(
        client_credentials{server.url() + "/token", "me", "s3cret"},
        [this] { return now; });
    server.answer_with([this](const api_call& call) -> api_reply {
      std::lock_guard lock{mutex};
      if (call.path == "/token") {
        if (token_status != 200)
          return {token_status, "hush"};
        ++given;
        return {200, json{{"access_token",
                           make_token(std::to_string(given), claims)}}
                         .dump()};
      }
      const auto& header = call.headers.at("authorization");
      const auto number = std::stoi(header.substr(header.rfind('.') + 1));
      return {number > revoked ? 204 : refusal, {}};
    });
  }

  size_t asked() {
    size_t out = 0;
    for (const auto& line : server.lines())
      out += line == "POST /token" ? 1 : 0;
    return out;
  }

  /// Changes what the server answers, whose threads read it.
  template <class T, class Value>
  void set(T token_world::*member, Value value) {
    std::lock_guard lock{mutex};
    this->*member = std::move(value);
  }

  wall_time now{1'000'000s};
  std::mutex mutex;
  std::string claims = R"({"exp":1000300})";
  int given = 0;
  int revoked = 0;
  int refusal = 401;
  int token_status = 200;
};

} // namespace

TEST_CASE("a token is asked for once, and kept until it runs out") {
  token_world at;
  control_plane plane{at.settings};
  CHECK(plane.tell_running()->status == 204);
  CHECK(plane.beat()->status == 204);
  CHECK(at.server.lines()
        == std::vector<std::string>{"POST /token",
                                    "PUT /api/v1/workload/running",
                                    "PUT /api/v1/workload/heartbeat"});
  auto asked = at.server.calls().at(0);
  CHECK(json::parse(asked.body)
        == json{{"client_id", "me"}, {"client_secret", "s3cret"}});
  CHECK(asked.headers["content-type"] == "application/json");
  CHECK(asked.headers.count("authorization") == 0);
  at.now += 269s;
  CHECK(plane.beat()->status == 204);
  CHECK(at.asked() == 1);
  // Half a minute before its end.
  at.now += 1s;
  CHECK(plane.beat()->status == 204);
  CHECK(at.asked() == 2);
  // All parts of a task share it.
  at.set(&token_world::claims, R"({"exp":1009999})");
  CHECK(control_plane{at.settings}.report_success(at.wait()));
  CHECK(at.asked() == 3);
  CHECK(plane.beat()->status == 204);
  CHECK(at.asked() == 3);
}

TEST_CASE("a token that does not say when it ends is kept for five minutes") {
  token_world at;
  at.set(&token_world::claims,
         GENERATE(as<std::string>{}, "{}", "[1]", "hush", R"({"exp":"x"})",
                  R"({"exp":-1})", R"({"exp":1e300})"));
  control_plane plane{at.settings};
  CHECK(plane.beat()->status == 204);
  at.now += 299s;
  CHECK(plane.beat()->status == 204);
  CHECK(at.asked() == 1);
  at.now += 1s;
  CHECK(plane.beat()->status == 204);
  CHECK(at.asked() == 2);
}

TEST_CASE("a token that was taken back is replaced, once a call") {
  token_world at;
  const auto refusal = GENERATE(401, 403);
  at.set(&token_world::refusal, refusal);
  control_plane plane{at.settings};
  CHECK(plane.beat()->status == 204);
  at.set(&token_world::revoked, 1);
  CHECK(plane.report_success(at.wait()));
  CHECK(at.asked() == 2);
  // The control plane takes no token at all.
  at.set(&token_world::revoked, 1000);
  CHECK(plane.beat()->status == refusal);
  CHECK(at.asked() == 3);
  CHECK_FALSE(plane.report_success(at.wait()));
  CHECK(at.asked() == 5);
  CHECK(at.pauses.empty());
}

TEST_CASE("an endpoint without tokens is asked again, a refusal is final") {
  token_world at;
  control_plane plane{at.settings};
  SECTION("too busy, and then well") {
    int count = 0;
    at.server.answer_with([&](const api_call& call) -> api_reply {
      if (call.path != "/token")
        return {204, {}};
      if (++count < 3)
        return {503, {}};
      return {200, json{{"access_token", make_token("1", "{}")}}.dump()};
    });
    CHECK(plane.report_success(at.wait()));
    CHECK(at.pauses.size() == 2);
  }
  SECTION("refusing") {
    at.set(&token_world::token_status, 401);
    auto refused = plane.report_success(at.wait());
    REQUIRE_FALSE(refused);
    CHECK(at.pauses.empty());
    for (const auto* word : {"CONTROL_PLANE_TOKEN_ENDPOINT", "HTTP 401",
                             "DATAPLANE_CLIENT_SECRET"})
      CHECK(refused.error().what.find(word) != std::string::npos);
    CHECK(refused.error().what.find("hush") == std::string::npos);
  }
  SECTION("answering something else") {
    const auto* body = GENERATE("", "hush", R"({"access_token":7})",
                                R"({"access_token":"a\r\nHost: b"})");
    at.server.answer_with([&](const api_call&) {
      return api_reply{200, body};
    });
    at.settings.patience.most_retries = 1;
    control_plane brief{at.settings};
    auto failed = brief.report_success(at.wait());
    REQUIRE_FALSE(failed);
    CHECK(failed.error().what.find("without an access_token")
          != std::string::npos);
  }
  SECTION("silent, until somebody gives up") {
    at.server.answer([](const api_call&) { return api_stand_in::nothing; });
    std::thread other{[&] {
      at.server.await("POST /token");
      plane.cancel();
    }};
    auto answer = plane.beat();
    other.join();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ec::cancelled);
  }
}
