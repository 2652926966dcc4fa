// What says which bucket rows go to, and how.
#include "runtime/destination/object_storage/object_storage_config.hpp"
#include "schema/json/json_view.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string keys =
    R"("accessKeyId":"AKID","secretAccessKey":"hush+/=","bucket":"rows")";

result<object_storage_config> read(const std::string& more,
                                   bool google = false) {
  const auto text = "{" + keys + (more.empty() ? "" : ",") + more + "}";
  return google ? read_gcs_config(json_view{text})
                : read_s3_config(json_view{text});
}

const object_login login{"", "eu-west-1", "AKID", "hush", "token"};

} // namespace

TEST_CASE("a destinationConfig of s3 is read") {
  const auto least = read("");
  REQUIRE(least);
  CHECK(least->scheme == "s3");
  CHECK(least->bucket == "rows");
  CHECK(least->url == "https://rows.s3.us-east-1.amazonaws.com");
  CHECK(least->folder.empty());
  CHECK(least->suffix() == ".ndjson");
  CHECK(least->media_type() == "application/x-ndjson");
  CHECK(least->keys.access_key_id == "AKID");
  CHECK(least->keys.secret_access_key == "hush+/=");
  const auto all = read(
      R"("destinationType":"s3","authenticationMethod":"accessKey",)"
      R"("region":"eu-west-1","endpoint":"http://minio:9000/",)"
      R"("folder":"/a/[DATE]/","format":"csv","compression":"gzip","x":1)");
  REQUIRE(all);
  CHECK(all->url == "http://minio:9000/rows");
  CHECK(all->keys.region == "eu-west-1");
  CHECK(all->folder == "a/[DATE]");
  CHECK(all->suffix() == ".csv.gz");
  CHECK(all->media_type() == "application/gzip");
  const auto flat =
      read(R"("format":"ndjson_flat","compression":"none","endpoint":null)");
  REQUIRE(flat);
  CHECK(flat->format == object_format::ndjson_flat);
  CHECK(flat->suffix() == ".ndjson");
  const auto bare = read(R"("endpoint":"gate.example/s3")");
  REQUIRE(bare);
  CHECK(bare->url == "https://gate.example/s3/rows");
}

TEST_CASE("a destinationConfig of gcs takes keys of HMAC") {
  const auto got = read(R"("folder":"x")", true);
  REQUIRE(got);
  CHECK(got->scheme == "gs");
  CHECK(got->url == "https://storage.googleapis.com/rows");
  CHECK(got->keys.region == "auto");
  const auto account =
      read_gcs_config(json_view{R"({"bucket":"b","accessKey":"{\"x\":1}"})"});
  REQUIRE_FALSE(account);
  CHECK_THAT(account.error().what,
             ContainsSubstring("HMAC key") && ContainsSubstring("accessKeyId"));
}

TEST_CASE("a wrong member is named, and its value is not shown") {
  struct wrong {
    std::string config;
    std::string words;
  };

  const std::vector<wrong> table = {
      {R"({})", "accessKeyId is required"},
      {R"({"accessKeyId":"a"})", "secretAccessKey is required"},
      {R"({"accessKeyId":"a","secretAccessKey":"b"})", "bucket is required"},
      {R"({"accessKeyId":"a:zz","secretAccessKey":"b","bucket":"c"})",
       "accessKeyId has characters"},
      {R"({"accessKeyId":"a","secretAccessKey":"zz\n","bucket":"c"})",
       "secretAccessKey has characters"},
      {R"({"accessKeyId":5,"secretAccessKey":"b","bucket":"c"})",
       "accessKeyId must be a text"},
  };
  for (const auto& [config, words] : table) {
    INFO(config);
    const auto got = read_s3_config(json_view{config});
    REQUIRE_FALSE(got);
    CHECK(got.error().code == ec::invalid_argument);
    CHECK_THAT(got.error().what, ContainsSubstring(words));
    CHECK_THAT(got.error().what, !ContainsSubstring("zz"));
  }
  const std::vector<wrong> members = {
      {R"("bucket":"s3://zz")", "bucket must be"},
      {R"("bucket":"..")", "bucket must be"},
      {R"("region":"eu:zz")", "region must be"},
      {R"("endpoint":"ftp://zz")", "endpoint must be"},
      {R"("endpoint":"https://zz@host")", "endpoint must be"},
      {R"("endpoint":"https://host?zz")", "endpoint must be"},
      {R"("endpoint":"https://")", "endpoint must be"},
      {R"("folder":"zz/../b")", "folder must be"},
      {R"("folder":"zz//b")", "folder must be"},
      {R"("folder":"zz\u0001")", "folder must be"},
      {R"("format":"zz")", "format must be ndjson, ndjson_flat or csv"},
      {R"("compression":"zz")", "compression must be gzip or none"},
      {R"("authenticationMethod":"zz")", "must be accessKey"},
  };
  for (const auto& [more, words] : members) {
    INFO(more);
    const auto got = read(more);
    REQUIRE_FALSE(got);
    CHECK_THAT(got.error().what, ContainsSubstring(words));
    CHECK_THAT(got.error().what, !ContainsSubstring("zz"));
    CHECK_THAT(got.error().what, !ContainsSubstring("hush"));
  }
}

TEST_CASE("an s3:// URL is read, with the key of the environment") {
  const auto least = read_object_storage_url("s3://rows", login);
  REQUIRE(least);
  CHECK(least->url == "https://rows.s3.eu-west-1.amazonaws.com");
  CHECK(least->folder.empty());
  CHECK(least->keys.session_token == "token");
  const auto all = read_object_storage_url(
      "s3://rows/a%20b/[DATE]/?region=eu-west-2&format=csv&compression=gzip&"
      "endpoint=http%3A%2F%2Fminio%3A9000",
      login);
  REQUIRE(all);
  CHECK(all->url == "http://minio:9000/rows");
  CHECK(all->folder == "a b/[DATE]");
  CHECK(all->keys.region == "eu-west-2");
  CHECK(all->suffix() == ".csv.gz");
  auto elsewhere = login;
  elsewhere.endpoint = "http://gate:1";
  CHECK(read_object_storage_url("s3://rows/a", elsewhere)->url
        == "http://gate:1/rows");
  for (const auto* wrong :
       {"s3:/rows", "s3://", "s3:///zz", "s3://id:zz@rows/a", "s3://rows?zz=1",
        "s3://rows/%zz", "s3://rows/a?format=zz", "s3://rows?region=%"}) {
    INFO(wrong);
    const auto got = read_object_storage_url(wrong, login);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == ec::invalid_argument);
    CHECK_THAT(got.error().what, !ContainsSubstring("zz"));
  }
  for (const auto& [id, secret] :
       {std::pair{"", "x"}, std::pair{"x", ""}, std::pair{"a:b", "x"},
        std::pair{"a", "x\n"}}) {
    auto lacking = login;
    lacking.access_key_id = id;
    lacking.secret_access_key = secret;
    const auto got = read_object_storage_url("s3://rows/a", lacking);
    REQUIRE_FALSE(got);
    CHECK_THAT(got.error().what, ContainsSubstring("AWS_ACCESS_KEY_ID"));
  }
}
