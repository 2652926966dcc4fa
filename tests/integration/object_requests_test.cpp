// Requests to an object store that are signed as Amazon's are, over real HTTP.

#include "runtime/base/digest.hpp"
#include "runtime/http/client/api_client.hpp"
#include "support/api_stand_in.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;

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

TEST_CASE("a call is signed as its URL is written") {
  // libcurl 8.14 would sign the `+` as a blank.
  api_stand_in server;
  const aws_keys keys{"id", "s3cret", "token", "eu-west-1"};
  api_client client;
  for (const std::string target :
       {"/", "/b/a%2Bb%20c%25/../d", "/b/f?uploads",
        "/b/f?uploads=", "/b/f?partNumber=1&uploadId=a%2Bb%2F%3D",
        "/b?prefix=a%20b%25&a=1", "/b?z&b=2&a=2&a=1"}) {
    INFO(target);
    api_request request;
    request.url = server.url() + target;
    request.sign = &keys;
    REQUIRE(client.send(request));
    auto call = server.calls().back();
    CHECK(call.path == target);
    CHECK(call.headers["x-amz-security-token"] == "token");
    CHECK(call.headers["authorization"].find(
              "Signature=" + aws_signature(call, keys.secret_access_key))
          != std::string::npos);
  }
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
