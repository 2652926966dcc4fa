// Where result documents go: files, and objects of all kinds of stores over
// real HTTP.

#include "runtime/control_plane/output_place.hpp"
#include "support/api_stand_in.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <fstream>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;
using namespace std::chrono_literals;

TEST_CASE("a result document has its place in a file or an object") {
  aws_login login;
  login.region = "eu-west-1";
  login.access_key_id = "id";
  login.secret_access_key = "secret";
  auto at = [&](const std::string& where, const std::string& endpoint = {}) {
    auto place = find_output_place(where, endpoint, login);
    REQUIRE(place);
    const auto* object = std::get_if<s3_object>(&*place);
    return object ? object->url : std::get<output_file>(*place).path;
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
    auto place = find_output_place(wrong, {}, login);
    REQUIRE_FALSE(place);
    CHECK(place.error().code == ec::invalid_argument);
  }
}

TEST_CASE("a document becomes a file for its owner alone, or a signed object") {
  api_patience patience;
  auto wait = [](std::chrono::milliseconds) {
    return true;
  };
  scratch_folder folder;
  auto file = find_output_place(folder.path("out.json"), {}, {});
  REQUIRE(put_output(*file, R"({"a":1})", patience, wait));
  std::ifstream written{folder.path("out.json")};
  CHECK(json::parse(written) == json{{"a", 1}});
  REQUIRE(put_output(output_file{folder.path("a/b/out.json"), true}, "{}",
                     patience, wait));
  auto lost =
      put_output(output_file{"/nowhere/out.json"}, "{}", patience, wait);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().what.find("/nowhere/out.json") != std::string::npos);

  api_stand_in server;
  aws_login login;
  login.region = "eu-west-1";
  login.access_key_id = "id";
  login.secret_access_key = "s3cret";
  login.session_token = "session";
  auto object =
      find_output_place("s3://bucket/run 1/out.json", server.url(), login);
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
  // A key may begin with a slash.
  s3_object stored{s3_object_url(server.url(), "eu-west-1", "bucket", "/a/b"),
                   login};
  REQUIRE(put_output(stored, "{}", patience, wait));
  auto other = server.calls().at(1);
  CHECK(other.line() == "PUT /bucket//a/b");
  CHECK(other.headers["authorization"].find("Signature="
                                            + aws_signature(other, "s3cret"))
        != std::string::npos);
  server.answer([](const api_call&) { return 403; });
  auto refused = put_output(*object, "{}", patience, wait);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("HTTP 403") != std::string::npos);
}

TEST_CASE("a workload's result has the key of Airbyte's platform") {
  CHECK(output_key("w-1") == "/workload/output/w-1");
  CHECK(output_key("/a/b") == "/workload/output/a/b");
  CHECK(output_key("/workload/output/w-1") == "/workload/output/w-1");
  // The slash at its beginning is a part of it.
  CHECK(s3_object_url("http://minio:9000", "any", "b", output_key("a b"))
        == "http://minio:9000/b//workload/output/a%20b");
}

TEST_CASE("keys that run out between two attempts are asked for again") {
  api_stand_in server;
  scratch_folder folder;
  std::ofstream{folder.path("token")} << "t1\n";
  aws_login login;
  login.region = "eu-west-1";
  login.role_arn = "arn:aws:iam::1:role/writer";
  login.token_file = folder.path("token");
  login.sts_url = server.url() + "/sts";
  int keys = 0;
  int objects = 0;
  server.answer_with([&](const api_call& call) -> api_reply {
    if (call.path == "/sts/")
      return {200, "<R><Credentials><AccessKeyId>id" + std::to_string(++keys)
                       + "</AccessKeyId><SecretAccessKey>s&amp;</"
                         "SecretAccessKey><SessionToken>st</SessionToken>"
                         "</Credentials></R>"};
    return {++objects < 2 ? 503 : 200, {}};
  });
  auto place = find_output_place("s3://b/k", server.url(), login);
  REQUIRE(place);
  REQUIRE(put_output(*place, "{}", {}, [](auto) { return true; }));
  const auto calls = server.calls();
  REQUIRE(calls.size() == 4);
  CHECK(calls[0].body
        == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="
           "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fwriter&RoleSessionName=motorcade&"
           "WebIdentityToken=t1");
  auto last = calls[3];
  CHECK(last.line() == "PUT /b/k");
  CHECK(last.headers["x-amz-security-token"] == "st");
  CHECK(last.headers["authorization"].find("Credential=id2/")
        != std::string::npos);
  CHECK(last.headers["authorization"].find("Signature="
                                           + aws_signature(last, "s&"))
        != std::string::npos);
}
