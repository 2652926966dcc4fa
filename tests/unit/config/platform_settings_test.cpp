// The settings of a sidecar that come from variables of Airbyte's platform and
// from Amazon's.

#include "support/sidecar_variables.hpp"

#include <catch2/catch_all.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

TEST_CASE("the login of an object store comes from Amazon's variables") {
  const auto empty = read_with({});
  REQUIRE(empty);
  CHECK(empty->s3 == s3_settings{});
  const auto all = read_with({{"AWS_ACCESS_KEY_ID", "id"},
                              {"AWS_SECRET_ACCESS_KEY", "key"},
                              {"AWS_SESSION_TOKEN", "token"},
                              {"AWS_DEFAULT_REGION", "eu-west-1"},
                              {"AWS_ENDPOINT_URL", "http://minio:9000"}});
  REQUIRE(all);
  s3_settings wanted;
  wanted.endpoint = "http://minio:9000";
  wanted.login.region = "eu-west-1";
  wanted.login.access_key_id = "id";
  wanted.login.secret_access_key = "key";
  wanted.login.session_token = "token";
  wanted.login.sts_url = "http://minio:9000";
  CHECK(all->s3 == wanted);
  const auto both = read_with({{"AWS_REGION", "eu-west-2"},
                               {"AWS_DEFAULT_REGION", "eu-west-1"},
                               {"AWS_ENDPOINT_URL_S3", "https://s3.local"},
                               {"AWS_ENDPOINT_URL", "http://minio:9000"}});
  REQUIRE(both);
  CHECK(both->s3.login.region == "eu-west-2");
  CHECK(both->s3.endpoint == "https://s3.local");
}

TEST_CASE("a result document in S3 needs a key, or a role that gives one") {
  struct row {
    variables given;
    /// Empty: accepted.
    std::string refusal;
  };

  const std::vector<row> table = {
      {{}, ""},
      {{{"AWS_EC2_METADATA_DISABLED", "true"}},
       "AWS_ACCESS_KEY_ID: missing, must be set where WORKLOAD_OUTPUT"},
      {{{"AWS_ENDPOINT_URL", "http://minio:9000"}},
       "AWS_ACCESS_KEY_ID: missing, must be set where WORKLOAD_OUTPUT"},
      {{{"AWS_ACCESS_KEY_ID", "id"}}, "AWS_SECRET_ACCESS_KEY: missing"},
      {{{"AWS_SECRET_ACCESS_KEY", "s"}}, "AWS_ACCESS_KEY_ID: missing"},
      {{{"AWS_ENDPOINT_URL", "http://minio:9000"},
        {"AWS_ROLE_ARN", "arn:aws:iam::1:role/r"},
        {"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}},
       ""},
      {{{"AWS_EC2_METADATA_DISABLED", "true"},
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1"}},
       ""},
  };
  for (auto [given, refusal] : table) {
    INFO(in_words(given));
    given["WORKLOAD_OUTPUT"] = "s3://bucket/key";
    const auto read = read_with(given);
    CHECK(static_cast<bool>(read) == refusal.empty());
    if (!read)
      CHECK_THAT(read.error().what,
                 Catch::Matchers::ContainsSubstring(refusal));
  }
  const auto container =
      read_with({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/c"},
                 {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/t"},
                 {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://[fd00::1]/"}});
  REQUIRE(container);
  CHECK(container->s3.login.container_url == "http://169.254.170.2/v2/c");
  CHECK(container->s3.login.container_token_file == "/t");
  CHECK(container->s3.login.metadata_url == "http://[fd00::1]");
}

TEST_CASE("the variables of Airbyte's platform reach their settings") {
  const auto read = read_with({
      {"WORKLOAD_API_HOST", "workload:8007/"},
      {"WORKLOAD_ID", "w"},
      {"CONTROL_PLANE_TOKEN_ENDPOINT", "https://plane/token"},
      {"DATAPLANE_CLIENT_ID", "me"},
      {"DATAPLANE_CLIENT_SECRET", "s3cret"},
      {"AIRBYTE_API_CONNECT_TIMEOUT_SECONDS", "1"},
      {"AIRBYTE_API_READ_TIMEOUT_SECONDS", "2"},
      {"AIRBYTE_API_RETRY_DELAY_SECONDS", "3"},
      {"AIRBYTE_API_MAX_RETRIES", "4"},
      {"STORAGE_TYPE", "MinIO"},
      {"STORAGE_BUCKET_WORKLOAD_OUTPUT", "box"},
      {"MINIO_ENDPOINT", "http://minio:9000/"},
      {"AWS_ACCESS_KEY_ID", "id"},
      {"AWS_SECRET_ACCESS_KEY", "key"},
      {"MICROMETER_METRICS_STEP", "PT1M30S"},
      {"MICROMETER_METRICS_STATSD_FLAVOR", "datadog"},
  });
  REQUIRE(read);
  CHECK(read->workload.api_host == "http://workload:8007");
  CHECK(read->workload.token_endpoint == "https://plane/token");
  CHECK(read->workload.client_id == "me");
  CHECK(read->workload.client_secret == "s3cret");
  CHECK(read->workload.output_connect_timeout == 1s);
  CHECK(read->workload.output_read_timeout == 2s);
  CHECK(read->workload.output_retry_delay == 3s);
  CHECK(read->workload.output_max_retries == 4);
  CHECK(read->storage.type == storage_type::minio);
  CHECK(read->storage.bucket == "box");
  CHECK(read->storage.minio_endpoint == "http://minio:9000");
  CHECK(read->metrics.interval == 90s);
}

TEST_CASE("a read's heartbeats have variables of their own") {
  struct row {
    variables given;
    std::chrono::milliseconds interval;
    std::chrono::milliseconds timeout;
  };

  const std::vector<row> table = {
      {{}, 10s, 600s},
      {{{"COMMAND", "check"}, {"STORAGE_KEY", "k"}}, 30s, 300s},
      {{{"WORKLOAD_HEARTBEAT_SECONDS", "5"},
        {"WORKLOAD_HEARTBEAT_TIMEOUT_SECONDS", "50"}},
       10s,
       600s},
      {{{"COMMAND", "check"},
        {"STORAGE_KEY", "k"},
        {"WORKLOAD_HEARTBEAT_SECONDS", "5"},
        {"WORKLOAD_HEARTBEAT_TIMEOUT_SECONDS", "50"}},
       5s,
       50s},
      {{{"WORKLOAD_HEARTBEAT_SECONDS", "5"},
        {"WORKLOAD_API_HEARTBEAT_INTERVAL_SECONDS", "7"},
        {"WORKLOAD_API_HEARTBEAT_TIMEOUT_SECONDS", "70"}},
       7s,
       70s},
      {{{"COMMAND", "check"},
        {"STORAGE_KEY", "k"},
        {"WORKLOAD_API_HEARTBEAT_INTERVAL_SECONDS", "7"}},
       30s,
       300s},
  };
  for (const auto& row : table) {
    INFO(in_words(row.given));
    const auto read = read_with(row.given);
    REQUIRE(read);
    CHECK(read->workload.heartbeat_interval == row.interval);
    CHECK(read->workload.heartbeat_timeout == row.timeout);
  }
}

TEST_CASE("what a store of documents lacks is named") {
  struct row {
    variables given;
    std::string refusal;
  };

  const std::vector<row> table = {
      {{{"STORAGE_TYPE", "ftp"}}, "STORAGE_TYPE: "},
      {{{"STORAGE_TYPE", "LOCAL"}}, "WORKLOAD_ID: missing"},
      {{{"STORAGE_TYPE", "S3"}}, "STORAGE_BUCKET_WORKLOAD_OUTPUT: missing"},
      {{{"STORAGE_TYPE", "MINIO"}}, "MINIO_ENDPOINT: missing"},
      {{{"STORAGE_TYPE", "MINIO"}}, "AWS_ACCESS_KEY_ID: missing"},
      {{{"STORAGE_TYPE", "gcs"}}, "GOOGLE_APPLICATION_CREDENTIALS: missing"},
      {{{"STORAGE_TYPE", "azure"}}, "AZURE_STORAGE_CONNECTION_STRING: missing"},
      {{{"CONTROL_PLANE_TOKEN_ENDPOINT", "http://p"}},
       "DATAPLANE_CLIENT_ID: missing"},
      {{{"CONTROL_PLANE_TOKEN_ENDPOINT", "http://p"}},
       "DATAPLANE_CLIENT_SECRET: missing"},
      {{{"CONTROL_PLANE_TOKEN_ENDPOINT", "p/token"}},
       "CONTROL_PLANE_TOKEN_ENDPOINT: "},
      {{{"MICROMETER_METRICS_STEP", "30"}}, "MICROMETER_METRICS_STEP: "},
      {{{"MICROMETER_METRICS_STEP", "PT0S"}}, "MICROMETER_METRICS_STEP: "},
      {{{"MICROMETER_METRICS_STATSD_ENABLED", "true"},
        {"MICROMETER_METRICS_STATSD_FLAVOR", "etsy"}},
       "MICROMETER_METRICS_STATSD_FLAVOR: "},
  };
  for (const auto& row : table) {
    INFO(in_words(row.given));
    const auto read = read_with(row.given);
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().what,
               Catch::Matchers::ContainsSubstring(row.refusal));
  }
}
