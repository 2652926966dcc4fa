// Calls to a control plane and to an object storage, over real HTTP.

#include "runtime/base/digest.hpp"
#include "runtime/control_plane/control_plane.hpp"
#include "runtime/control_plane/output_place.hpp"
#include "support/api_stand_in.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
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
    at.settings.connect_timeout = at.settings.answer_timeout = 50ms;
    at.settings.most_retries = 1;
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
  at.settings.most_retries = 0;
  control_plane plane{at.settings};
  auto answer = plane.beat();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().what.find("127.0.0.1:1") == 0);
  CHECK(answer.error().what.find("s3cret") == std::string::npos);
}

// -- result documents ---------------------------------------------------------

TEST_CASE("a result document has its place in a file or an object") {
  aws_keys keys{"id", "secret", {}, "eu-west-1"};
  auto at = [&](const std::string& where, const std::string& endpoint = {}) {
    auto place = find_output_place(where, endpoint, keys);
    REQUIRE(place);
    return place->path + place->url;
  };
  CHECK(at("/out/result.json") == "/out/result.json");
  CHECK(at("file:///out/result.json") == "/out/result.json");
  CHECK(at("s3://bucket/a b/ü.json")
        == "https://bucket.s3.eu-west-1.amazonaws.com/a%20b/%C3%BC.json");
  CHECK(at("s3://my.bucket/key")
        == "https://s3.eu-west-1.amazonaws.com/my.bucket/key");
  CHECK(at("s3://bucket/key", "http://minio:9000/")
        == "http://minio:9000/bucket/key");
  for (const auto* wrong :
       {"", "out.json", "s3://", "s3://bucket", "s3:///key", "s3://bucket/",
        "file://", "file://x/y", "gs://bucket/key"}) {
    INFO(wrong);
    auto place = find_output_place(wrong, {}, keys);
    REQUIRE_FALSE(place);
    CHECK(place.error().code == ec::invalid_argument);
  }
}

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

TEST_CASE("a document becomes a file for its owner alone, or a signed object") {
  control_plane_settings patience;
  auto wait = [](std::chrono::milliseconds) {
    return true;
  };
  scratch_folder folder;
  auto file = find_output_place(folder.path("out.json"), {}, {});
  REQUIRE(put_output(*file, R"({"a":1})", patience, wait));
  std::ifstream written{folder.path("out.json")};
  CHECK(json::parse(written) == json{{"a", 1}});
  auto lost = put_output({"/nowhere/out.json", {}, {}}, "{}", patience, wait);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().what.find("/nowhere/out.json") != std::string::npos);

  api_stand_in server;
  aws_keys keys{"id", "s3cret", "session", "eu-west-1"};
  auto object =
      find_output_place("s3://bucket/run 1/out.json", server.url(), keys);
  auto document = R"({"text":")" + std::string(10u << 20, 'x') + R"("})";
  REQUIRE(put_output(*object, document, patience, wait));
  auto call = server.calls().at(0);
  CHECK(call.line() == "PUT /bucket/run%201/out.json");
  CHECK((call.body == document));
  CHECK(call.headers["x-amz-security-token"] == "session");
  auto authorization = call.headers["authorization"];
  CHECK(authorization.find("Credential=id/") != std::string::npos);
  CHECK(authorization.find("/eu-west-1/s3/aws4_request") != std::string::npos);
  CHECK(authorization.find("Signature=" + aws_signature(call, "s3cret"))
        != std::string::npos);
  server.answer([](const api_call&) { return 403; });
  auto refused = put_output(*object, "{}", patience, wait);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("HTTP 403") != std::string::npos);
}
