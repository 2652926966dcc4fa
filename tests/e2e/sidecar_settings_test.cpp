// Every variable of the sidecar's environment shows its effect on the process.
//
// variable                         the test that covers it begins with
// STDOUT_PIPE_FILE                 STDOUT_PIPE_FILE and STDERR_PIPE_FILE
// STDERR_PIPE_FILE                 STDOUT_PIPE_FILE and STDERR_PIPE_FILE
// any other                        its name
//
// Limits and tables have files of their own. The last test holds this rule
// against what the settings reader asks for.

#include "config/settings.hpp"
#include "support/setting_effects.hpp"
#include "support/table_reader.hpp"
#include "support/test_names.hpp"

#include <catch2/catch_all.hpp>

#include <set>

using namespace motorcade::test;
using motorcade::support::fault;
using nlohmann::json;

TEST_CASE("STDOUT_PIPE_FILE and STDERR_PIPE_FILE say where the pipes are") {
  sidecar_world world;
  world.env["STDOUT_PIPE_FILE"] = world.folder.path("a pipe's out");
  world.env["STDERR_PIPE_FILE"] = world.folder.path("a pipe's err");
  world.make_pipes();
  world.play(one_row, "info: heard\n");
  CHECK(world.bulker.row_count("users") == 1);
  CHECK(world.logged("heard"));
  world.env["STDOUT_PIPE_FILE"] = "";
  CHECK(holds(refusal_of(world), "STDOUT_PIPE_FILE: missing"));
}

TEST_CASE("COMMAND must be a known command") {
  sidecar_world world;
  world.env["COMMAND"] = "write";
  auto said = refusal_of(world);
  CHECK(holds(said, "COMMAND: \"write\" is not known"));
}

TEST_CASE("STARTED_AT is the start of the task") {
  sidecar_world world{postgres_world()};
  world.env["STARTED_AT"] = "2024-05-01T12:00:00.25+02:00";
  world.play(one_row);
  CHECK(task_column(world, "started_at = '2024-05-01 10:00:00.25Z'") == "t");
}

TEST_CASE("BULKER_URL may be a folder of files") {
  sidecar_world world;
  world.env["BULKER_URL"] = "file://" + world.folder.path("tables");
  auto ended = world.play(one_row);
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(motorcade::support::read_table(
            world.folder.path("tables/users.ndjson.zst"))
        == std::vector<std::string>{R"({"n":1})"});
  CHECK(world.bulker.requests().empty());
}

TEST_CASE("BULKER_AUTH_TOKEN is sent to Bulker and never shown") {
  sidecar_world world{sqlite_world(), {.token = "hush-hush-token"}};
  world.env["LOG_LEVEL"] = "trace";
  world.env["BULKER_AUTH_TOKEN"] = "hush-hush-token";
  // Connectors may print their environment.
  auto ended = world.play(one_row + log_line("INFO", "is hush-hush-token"));
  CHECK(ended.exit_code == 0);
  CHECK(world.bulker.row_count("users") == 1);
  CHECK(world.logged("is ***"));
  CHECK_FALSE(holds(ended.err + ended.out, "hush"));
}

TEST_CASE("DATABASE_URL names the database of the tables") {
  sidecar_world world;
  world.env["DATABASE_URL"] = "sqlite://" + world.folder.path("other.db");
  auto ended = world.play(one_row);
  CHECK(ended.exit_code == 0);
  CHECK(std::filesystem::exists(world.folder.path("other.db")));
  world.env["DATABASE_URL"] = "mysql://me:hush@somewhere/db";
  auto said = refusal_of(world);
  CHECK(holds(said, "DATABASE_URL: "));
  CHECK_FALSE(holds(said, "hush"));
}

TEST_CASE("PACKAGE is stored") {
  sidecar_world world;
  world.env["PACKAGE"] = "airbyte/source-other";
  world.play(one_row);
  CHECK(task_column(world, "package") == "airbyte/source-other");
  CHECK(world.logged("airbyte/source-other:1.2.3"));
}

TEST_CASE("PACKAGE_VERSION is stored") {
  sidecar_world world;
  world.env["PACKAGE_VERSION"] = "9.8.7";
  world.play(one_row);
  CHECK(task_column(world, "version") == "9.8.7");
}

TEST_CASE("STORAGE_KEY is required by check and discover") {
  sidecar_world world;
  world.env["COMMAND"] = GENERATE("check", "discover");
  CHECK(holds(refusal_of(world), "STORAGE_KEY: missing"));
  world.env["STORAGE_KEY"] = "key";
  world.env["LOG_LEVEL"] = "shout";
  CHECK_FALSE(holds(refusal_of(world), "STORAGE_KEY"));
}

TEST_CASE("SOURCE_ID and CONFIG_HASH serve as a STORAGE_KEY") {
  sidecar_world world;
  world.env["COMMAND"] = "check";
  world.env["LOG_LEVEL"] = "shout";
  world.env["SOURCE_ID"] = "id";
  CHECK(holds(refusal_of(world), "STORAGE_KEY: missing"));
  world.env["CONFIG_HASH"] = "hash";
  CHECK_FALSE(holds(refusal_of(world), "STORAGE_KEY"));
}

TEST_CASE("CONFIG_HASH alone is no STORAGE_KEY") {
  sidecar_world world;
  world.env["COMMAND"] = "discover";
  world.env["CONFIG_HASH"] = "hash";
  CHECK(holds(refusal_of(world), "STORAGE_KEY: missing"));
}

TEST_CASE("SYNC_ID names the destination and the states") {
  sidecar_world world;
  world.catalog(configured_catalog({"users"}, "incremental"));
  world.env["SYNC_ID"] = "a/b c";
  auto request = only_request(world, one_row + state_line("users", "{}"));
  CHECK(request.connection_id == "a/b c");
  CHECK(task_column(world, "sync_id") == "a/b c");
  CHECK(world.states().count("users") == 1);
}

TEST_CASE("TASK_ID goes with every request, row and line") {
  sidecar_world world;
  world.env["TASK_ID"] = "task & co";
  CHECK(only_request(world).head.query_value("taskId") == "task & co");
  CHECK(world.has_task());
  CHECK_FALSE(world.logs().empty());
}

TEST_CASE("LOGS_CONNECTION_ID takes the log to Bulker") {
  sidecar_world world;
  world.env["LOGS_CONNECTION_ID"] = "logs";
  auto ended = world.play(one_row + log_line("WARN", "mind \"this\""));
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.logs().empty());
  bool found = false;
  for (const auto& row : world.bulker.rows("task_log")) {
    auto line = json::parse(row);
    CHECK(line.at("sync_id") == "sync");
    CHECK(line.at("task_id") == "task");
    CHECK(line.at("id").get<std::string>().size() == 36);
    CHECK(line.at("timestamp").get<std::string>().back() == 'Z');
    CHECK(line.count("logger") == 1);
    found = found
            || (line.at("message") == "mind \"this\""
                && line.at("level") == "WARN");
  }
  CHECK(found);
  for (const auto& request : world.bulker.requests())
    if (request.table == "task_log") {
      CHECK(request.connection_id == "logs");
      CHECK(request.head.query_value("mode") == "batch");
    }
}

TEST_CASE("STARTED_BY is stored") {
  sidecar_world world;
  world.env["STARTED_BY"] = R"({"trigger":"scheduled"})";
  world.play(one_row);
  CHECK(json::parse(task_column(world, "started_by"))
        == json{{"trigger", "scheduled"}});
}

TEST_CASE("LOG_LEVEL is the level of the sidecar's own log") {
  sidecar_world world;
  auto lines = one_row + log_line("INFO", "quiet") + log_line("WARN", "loud");
  world.env["LOG_LEVEL"] = "warn";
  auto ended = world.play(lines);
  CHECK(holds(ended.err, "loud"));
  CHECK_FALSE(holds(ended.err, "quiet"));
  CHECK(world.logged("quiet"));
}

TEST_CASE("DB_LOG_LEVEL is the level of the lines that are stored") {
  sidecar_world world;
  auto lines = one_row + log_line("INFO", "quiet") + log_line("WARN", "loud")
               + log_line("DEBUG", "whisper");
  SECTION("less than usual") {
    world.env["DB_LOG_LEVEL"] = "WARN";
    auto ended = world.play(lines);
    CHECK(world.logged("loud"));
    CHECK_FALSE(world.logged("quiet"));
    CHECK(holds(ended.err, "quiet"));
  }
  SECTION("more than usual") {
    world.env["DB_LOG_LEVEL"] = "DEBUG";
    world.play(lines);
    CHECK(world.level_of("whisper") == "DEBUG");
  }
}

TEST_CASE("CONFIG_OUT_FILE gets the config that the connector changed") {
  sidecar_world world;
  world.env["CONFIG_OUT_FILE"] = world.folder.path("changed.json");
  world.play(R"({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG",)"
             R"("emitted_at":1,"connectorConfig":{"config":{"token":"new"}}}})"
             "\n");
  std::ifstream file{world.env["CONFIG_OUT_FILE"]};
  CHECK(nlohmann::json::parse(file) == nlohmann::json{{"token", "new"}});
}

TEST_CASE("EXIT_CODE_FILE holds the connector's exit code") {
  sidecar_world world;
  world.env["EXIT_CODE_FILE"] = world.folder.path("exit-code");
  world.write_exit_code(3);
  auto ended = world.play(one_row + status_line("users", "COMPLETE"));
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "PARTIAL");
  CHECK(holds(world.task().error, "(exit code 3)"));
}

TEST_CASE("CONFIG_DIR is the folder of the catalog") {
  sidecar_world world;
  auto other = world.folder.path("elsewhere");
  std::filesystem::rename(world.folder.path("config"), other);
  world.env["CONFIG_DIR"] = other;
  CHECK(only_request(world).table == "users");
}

TEST_CASE("MASK_LOGS hides the config's secrets in the connector's lines") {
  for (const auto* value : {"true", "false"}) {
    sidecar_world world;
    world.file("config.json", R"({"api_key":"hush-4711-key"})");
    world.env["MASK_LOGS"] = value;
    world.play(one_row + log_line("INFO", "uses hush-4711-key"));
    CHECK(world.logged("uses ***") == (value == std::string{"true"}));
  }
}

TEST_CASE("STAGING_DIR must name absolute paths") {
  sidecar_world world;
  world.env["STAGING_DIR"] = "staging";
  CHECK(holds(refusal_of(world), "STAGING_DIR: "));
}

TEST_CASE("DESTINATION_CONFIG_FILE names the destination of rows") {
  sidecar_world world;
  world.env["DESTINATION_CONFIG_FILE"] =
      world.folder.write("where.json", R"({"destinationType":"snowflake"})");
  CHECK(holds(refusal_of(world), "snowflake"));
  CHECK(world.task().status == "FAILED");
}

TEST_CASE("TASK_RUNTIME must be a known place") {
  sidecar_world world;
  world.env["TASK_RUNTIME"] = "magic";
  CHECK(holds(refusal_of(world), "TASK_RUNTIME: "));
}

TEST_CASE("wrong settings are all named at once, without their secrets") {
  sidecar_world world;
  world.env = bare_environment();
  world.env.insert({{"COMMAND", "read"},
                    {"BULKER_URL", "ftp://hush"},
                    {"BULKER_AUTH_TOKEN", "hush\nhush"},
                    {"ADD_META", "perhaps"},
                    {"MAX_LINE_BYTES", "1"},
                    {"TASK_TIMEOUT_HOURS", "-1"},
                    {"STARTED_AT", "yesterday"},
                    {"LOG_LEVEL", "shout"}});
  auto said = refusal_of(world);
  for (const auto* name :
       {"STDOUT_PIPE_FILE", "STDERR_PIPE_FILE", "BULKER_URL",
        "BULKER_AUTH_TOKEN", "DATABASE_URL", "PACKAGE", "PACKAGE_VERSION",
        "SYNC_ID", "TASK_ID", "ADD_META", "MAX_LINE_BYTES",
        "TASK_TIMEOUT_HOURS", "STARTED_AT", "LOG_LEVEL"}) {
    INFO(name);
    CHECK(holds(said, " E " + std::string{name} + ": "));
  }
  CHECK_FALSE(holds(said, "hush"));
}

TEST_CASE("a task with a setting that only Bulker's client refuses is FAILED") {
  sidecar_world world;
  world.env["BULKER_AUTH_TOKEN"] = "t\u00f6ken";
  CHECK(holds(refusal_of(world), "BULKER_AUTH_TOKEN"));
  CHECK(world.task().status == "FAILED");
  CHECK(holds(world.task().error, "BULKER_AUTH_TOKEN"));
}

TEST_CASE("every variable that the sidecar reads has its test") {
  std::set<std::string> asked;
  auto nothing = [&](std::string_view name) -> std::optional<std::string> {
    asked.emplace(name);
    return std::nullopt;
  };
  CHECK_FALSE(motorcade::read_sidecar_settings(nothing));
  REQUIRE(asked.size() > 30);
  // Those of the other commands have theirs with them.
  std::set<std::string> covered = {"STDERR_PIPE_FILE",
                                   "SIDECAR_FILE_TIMEOUT_MINUTES",
                                   "SIDECAR_FILE_TIMEOUT_WITHIN_SYNC_MINUTES"};
  // As do files, metrics, a control plane and states beside rows.
  for (const auto* name : {"SIDECAR_INPUT",
                           "STOP_STATUS",
                           "STATE_OUT_FILE",
                           "AIRBYTE_CONFIG_DIR",
                           "METRICS_PORT",
                           "METRICS_INTERVAL_SECONDS",
                           "MICROMETER_METRICS_STATSD_ENABLED",
                           "STATSD_HOST",
                           "STATSD_PORT",
                           "MICROMETER_METRICS_OTLP_ENABLED",
                           "OTEL_COLLECTOR_ENDPOINT",
                           "WORKLOAD_API_HOST",
                           "INTERNAL_API_HOST",
                           "WORKLOAD_ID",
                           "WORKLOAD_API_BEARER_TOKEN",
                           "WORKLOAD_API_MAX_RETRIES",
                           "WORKLOAD_API_RETRY_DELAY_SECONDS",
                           "WORKLOAD_API_CONNECT_TIMEOUT_SECONDS",
                           "WORKLOAD_API_READ_TIMEOUT_SECONDS",
                           "WORKLOAD_HEARTBEAT_SECONDS",
                           "WORKLOAD_HEARTBEAT_TIMEOUT_SECONDS",
                           "WORKLOAD_API_HEARTBEAT_INTERVAL_SECONDS",
                           "WORKLOAD_API_HEARTBEAT_TIMEOUT_SECONDS",
                           "CONTROL_PLANE_TOKEN_ENDPOINT",
                           "DATAPLANE_CLIENT_ID",
                           "DATAPLANE_CLIENT_SECRET",
                           "AIRBYTE_API_MAX_RETRIES",
                           "AIRBYTE_API_RETRY_DELAY_SECONDS",
                           "AIRBYTE_API_CONNECT_TIMEOUT_SECONDS",
                           "AIRBYTE_API_READ_TIMEOUT_SECONDS",
                           "STORAGE_TYPE",
                           "STORAGE_BUCKET_WORKLOAD_OUTPUT",
                           "STORAGE_EMULATOR_HOST",
                           "STORAGE_LOCAL_ROOT",
                           "MINIO_ENDPOINT",
                           "GOOGLE_APPLICATION_CREDENTIALS",
                           "AZURE_STORAGE_CONNECTION_STRING",
                           "AWS_ROLE_ARN",
                           "AWS_ROLE_SESSION_NAME",
                           "AWS_WEB_IDENTITY_TOKEN_FILE",
                           "AWS_ENDPOINT_URL_STS",
                           "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                           "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                           "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                           "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                           "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                           "AWS_EC2_METADATA_DISABLED",
                           "MICROMETER_METRICS_STEP",
                           "MICROMETER_METRICS_STATSD_FLAVOR",
                           "WORKLOAD_OUTPUT",
                           "AWS_ENDPOINT_URL_S3",
                           "AWS_ENDPOINT_URL",
                           "AWS_REGION",
                           "AWS_DEFAULT_REGION",
                           "AWS_ACCESS_KEY_ID",
                           "AWS_SECRET_ACCESS_KEY",
                           "AWS_SESSION_TOKEN"})
    covered.insert(name);
  for (const auto& name : names_of_tests())
    covered.insert(name.substr(0, name.find(' ')));
  for (const auto& name : asked) {
    INFO(name << " has no test");
    CHECK(covered.count(name) == 1);
  }
}
