// Calls to a control plane and to an object storage, over real HTTP.

#include "runtime/base/digest.hpp"
#include "runtime/control_plane/control_plane.hpp"
#include "schema/base/base64.hpp"
#include "support/api_stand_in.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

/// A control plane that is asked impatiently, and the pauses in between.
struct world {
  world() {
    settings.workload_api = settings.internal_api = server.url();
    settings.workload_id = "w-1";
    settings.token = "t0ken";
  }

  retry_wait wait() {
    return [this](std::chrono::milliseconds pause) {
      if (pause > 0ms)
        pauses.push_back(pause);
      return pauses.size() <= patience;
    };
  }

  api_stand_in server;
  control_plane_settings settings;
  std::vector<std::chrono::milliseconds> pauses;
  size_t patience = 100;
};

} // namespace

TEST_CASE("each call has its path, body and token") {
  world at;
  control_plane plane{at.settings};
  CHECK(plane.tell_running()->status == 204);
  CHECK(plane.beat()->status == 204);
  CHECK(plane.report_success(at.wait()));
  failure_reason reason;
  reason.message = "it \"broke\"";
  CHECK(plane.report_failure(reason, at.wait()));
  CHECK(plane.write_output(R"({"a":1})", at.wait()));
  CHECK(at.server.lines()
        == strings{
            "PUT /api/v1/workload/running", "PUT /api/v1/workload/heartbeat",
            "PUT /api/v1/workload/success", "PUT /api/v1/workload/failure",
            "POST /api/v1/workload_output/write"});
  auto calls = at.server.calls();
  for (const auto& call : calls) {
    CHECK(call.headers.at("authorization") == "Bearer t0ken");
    CHECK(call.headers.at("content-type") == "application/json");
    CHECK(json::parse(call.body)["workloadId"] == "w-1");
  }
  CHECK(json::parse(calls[3].body)["source"] == "source");
  CHECK(json::parse(calls[3].body)["reason"] == "it \"broke\"");
  CHECK(json::parse(calls[4].body)["output"] == R"({"a":1})");
}

TEST_CASE("a report is repeated after failures that may pass") {
  world at;
  control_plane plane{at.settings};
  int count = 0;
  at.server.answer(
      [&count](const api_call&) { return ++count < 4 ? 500 : 200; });
  CHECK(plane.report_success(at.wait()));
  CHECK(at.pauses == std::vector(3, 2000ms));
  // Six attempts in all.
  at.server.answer([](const api_call&) { return 503; });
  at.pauses.clear();
  auto failed = plane.report_success(at.wait());
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ec::service_unavailable);
  CHECK(failed.error().what.find("reporting the workload's success") == 0);
  CHECK(failed.error().what.find("HTTP 503") != std::string::npos);
  CHECK(at.pauses.size() == 5);
  // A final answer is not repeated.
  at.server.answer([](const api_call&) { return 404; });
  at.pauses.clear();
  CHECK_FALSE(plane.report_success(at.wait()));
  CHECK(at.pauses.empty());
}

TEST_CASE("a control plane that does not answer is given up") {
  world at;
  at.server.answer([](const api_call&) { return api_stand_in::nothing; });
  SECTION("after its time") {
    auto& patience = at.settings.patience;
    patience.connect_timeout = patience.answer_timeout = 50ms;
    patience.most_retries = 1;
    control_plane plane{at.settings};
    auto failed = plane.report_success(at.wait());
    REQUIRE_FALSE(failed);
    CHECK(at.pauses.size() == 1);
  }
  SECTION("when somebody waits no longer") {
    control_plane plane{at.settings};
    // Told so while the call is under way.
    auto asked = std::make_shared<int>(0);
    auto failed = plane.report_success(
        [asked](std::chrono::milliseconds) { return ++*asked < 3; });
    REQUIRE_FALSE(failed);
    CHECK(at.server.lines().size() <= 1);
  }
  SECTION("when it is cancelled") {
    control_plane plane{at.settings};
    std::thread other{[&] {
      at.server.await("PUT /api/v1/workload/heartbeat");
      plane.cancel();
    }};
    auto answer = plane.beat();
    other.join();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ec::cancelled);
    CHECK(plane.beat().error().code == ec::cancelled);
  }
}

TEST_CASE("the receiver's URL is named without its secret") {
  world at;
  at.settings.workload_api = "http://user:s3cret@127.0.0.1:1";
  at.settings.patience.most_retries = 0;
  control_plane plane{at.settings};
  auto answer = plane.beat();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().what.find("127.0.0.1:1") == 0);
  CHECK(answer.error().what.find("s3cret") == std::string::npos);
}

// -- access tokens ------------------------------------------------------------

namespace {

/// A JSON Web Token that nobody has signed.
std::string make_token(const std::string& name, const std::string& claims) {
  return to_base64url(R"({"alg":"none"})") + '.' + to_base64url(claims) + '.'
         + name;
}

/// A control plane that wants tokens of its own, which it can take back.
struct token_world : world {
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
        == strings{"POST /token", "PUT /api/v1/workload/running",
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

// -- objects -----------------------------------------------------------------

TEST_CASE("a signature equals that of Amazon's published example") {
  // "Example: PUT Object" of the S3 documentation on Signature Version 4.
  api_stand_in server;
  aws_keys keys{"AKIAIOSFODNN7EXAMPLE",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                {},
                "us-east-1"};
  api_request request;
  request.method = "PUT";
  request.url = server.url() + "/test%24file.text";
  request.headers = {"Host: examplebucket.s3.amazonaws.com",
                     "Date: Fri, 24 May 2013 00:00:00 GMT",
                     "x-amz-date: 20130524T000000Z",
                     "x-amz-storage-class: REDUCED_REDUNDANCY"};
  request.body = "Welcome to Amazon S3.";
  request.sign = &keys;
  auto answer = api_client{}.send(request);
  REQUIRE(answer);
  CHECK(answer->status == 204);
  auto call = server.calls().at(0);
  const std::string published =
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd";
  CHECK(call.headers["authorization"].find("Signature=" + published)
        != std::string::npos);
  // And so is the one that the other tests compare with.
  CHECK(aws_signature(call, keys.secret_access_key) == published);
}

TEST_CASE("the address of a bucket follows from endpoint, region and name") {
  struct address {
    std::string endpoint;
    std::string region;
    std::string bucket;
    std::string url;
  };

  const std::vector<address> table = {
      {"", "eu-west-1", "b", "https://b.s3.eu-west-1.amazonaws.com"},
      {"", "eu-west-1", "b.c", "https://s3.eu-west-1.amazonaws.com/b.c"},
      {"", "cn-north-1", "b", "https://b.s3.cn-north-1.amazonaws.com.cn"},
      {"http://minio:9000//", "any", "b", "http://minio:9000/b"},
      {"https://gate/s3", "any", "b.c", "https://gate/s3/b.c"},
  };
  for (const auto& one : table)
    CHECK(bucket_url(one.endpoint, one.region, one.bucket) == one.url);
}

TEST_CASE("a large body is signed and sent in pieces") {
  api_stand_in server;
  aws_keys keys{"id", "s3cret", {}, "eu-west-1"};
  std::string content;
  for (int i = 0; content.size() < (9u << 20); ++i)
    content += std::to_string(i) + ' ';
  sha256_sum sum;
  sum.add(std::string_view{content}.substr(0, 7));
  sum.add(std::string_view{content}.substr(7));
  api_body body{content.size(), sum.take_hex(), {}};
  CHECK(body.sha256 == sha256_hex(content));
  CHECK(sum.take_hex() == sha256_hex(""));
  size_t longest = 0;
  body.read = [&](uint64_t offset, char* to, size_t room) {
    longest = std::max(longest, room);
    return content.copy(to, room, offset);
  };
  api_request request;
  request.method = "PUT";
  request.url = server.url() + "/bucket/key";
  request.headers = {"Content-Type: text/csv"};
  request.streamed = &body;
  request.sign = &keys;
  api_client client;
  for (int times = 1; times <= 2; ++times) {
    auto answer = client.send(request);
    REQUIRE(answer);
    CHECK(answer->status == 204);
    auto call = server.calls().at(static_cast<size_t>(times) - 1);
    CHECK(call.line() == "PUT /bucket/key");
    CHECK((call.body == content));
    CHECK(call.headers["content-type"] == "text/csv");
    CHECK(call.headers["authorization"].find(
              "Signature=" + aws_signature(call, keys.secret_access_key))
          != std::string::npos);
  }
  CHECK(longest <= (256u << 10));
  body.read = [](uint64_t, char*, size_t) {
    return size_t{0};
  };
  auto broken = client.send(request);
  REQUIRE_FALSE(broken);
}
