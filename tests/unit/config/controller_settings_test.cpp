#include "config/controller_settings.hpp"
#include "config/env_file.hpp"
#include "config/settings_reader.hpp"

#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <set>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

const variables least = {
    {"SYNCCTL_RUNTIME", "kubernetes"},
    {"SYNCCTL_DATABASE_URL", "postgres://u:hush@h/d"},
    {"SYNCCTL_SIDECAR_IMAGE", "motorcade-sidecar:1"},
    {"SYNCCTL_BULKER_URL", "http://bulker:3042"},
};

controller_settings read(const variables& more = {}) {
  auto all = more;
  all.insert(least.begin(), least.end());
  auto out = read_controller_settings(make_environment(all));
  INFO((out ? "" : out.error().what));
  REQUIRE(out);
  return std::move(*out);
}

std::string refusal(const variables& more) {
  auto all = more;
  all.insert(least.begin(), least.end());
  auto out = read_controller_settings(make_environment(all));
  REQUIRE_FALSE(out);
  CHECK(out.error().code == ec::invalid_argument);
  CHECK(out.error().what.find("hush") == std::string::npos);
  return out.error().what;
}

} // namespace

TEST_CASE("a controller's defaults are the documented ones") {
  auto settings = read();
  CHECK(settings.http_address.empty());
  CHECK_FALSE(settings.allow_anonymous);
  CHECK(settings.http_port == 3043);
  CHECK(settings.kubernetes_namespace == "default");
  CHECK(settings.container_status_check == 10s);
  CHECK(settings.container_init_timeout == 180s);
  CHECK(settings.container_grace_shutdown == 60s);
  CHECK(settings.task_timeout == 48h);
  CHECK(settings.sidecar_database_url == settings.database_url);
  CHECK(settings.syncs_enabled);
  CHECK(settings.instance_id.empty());
}

TEST_CASE("every variable of a controller is taken") {
  auto settings = read({
      {"SYNCCTL_HTTP_ADDRESS", "127.0.0.1"},
      {"SYNCCTL_ALLOW_ANONYMOUS", "true"},
      {"SYNCCTL_HTTP_PORT", "8080"},
      {"SYNCCTL_AUTH_TOKENS", "a,b"},
      {"SYNCCTL_ENCRYPTION_KEYS", "k1,k2"},
      {"SYNCCTL_TOKEN_SECRET", "s"},
      {"SYNCCTL_KUBERNETES_CLIENT_CONFIG", "local"},
      {"SYNCCTL_KUBERNETES_CONTEXT", "here"},
      {"SYNCCTL_KUBERNETES_NAMESPACE", "syncs"},
      {"SYNCCTL_KUBERNETES_NODE_SELECTOR", R"({"disk":"ssd"})"},
      {"SYNCCTL_KUBERNETES_TOLERATIONS", R"([{"operator":"Exists"}])"},
      {"SYNCCTL_CONTAINER_STATUS_CHECK_SECONDS", "1"},
      {"SYNCCTL_CONTAINER_INIT_TIMEOUT_SECONDS", "2"},
      {"SYNCCTL_CONTAINER_GRACE_SHUTDOWN_SECONDS", "3"},
      {"SYNCCTL_UNSCHEDULABLE_TIMEOUT_SECONDS", "4"},
      {"SYNCCTL_START_PATIENCE_SECONDS", "540"},
      {"SYNCCTL_TASK_TIMEOUT_HOURS", "0.5"},
      {"SYNCCTL_SIDECAR_DATABASE_URL", "postgres://inside/d"},
      {"SYNCCTL_BULKER_AUTH_TOKEN", "t"},
      {"SYNCCTL_BULKER_LOGS_CONNECTION_ID", "logs"},
      {"SYNCCTL_INSTANCE_ID", "i-1"},
      {"SYNCCTL_PODS_SERVICE_ACCOUNT", "runner"},
      {"SYNCCTL_PODS_LABELS", R"({"team":"data"})"},
      {"SYNCCTL_PODS_ANNOTATIONS", R"({"inject":"false"})"},
      {"SYNCCTL_IMAGE_PULL_POLICY", "Never"},
      {"SYNCCTL_IMAGE_PULL_SECRETS", "one, two"},
      {"SYNCCTL_SOURCE_RESOURCES", R"({"limits":{"cpu":"2"}})"},
      {"SYNCCTL_SIDECAR_RESOURCES", "{}"},
      {"SYNCCTL_INIT_RESOURCES", R"({"requests":{}})"},
      {"SYNCCTL_LOG_LEVEL", "debug"},
      {"SYNCCTL_DB_LOG_LEVEL", "warn"},
      {"SYNCCTL_MASK_LOGS", "false"},
      {"SYNCCTL_SOURCE_EXIT_TIMEOUT_SECONDS", "5"},
      {"SYNCCTL_STRICT_RECORD_COUNT", "yes"},
      {"SYNCCTL_SIDECAR_FILE_TIMEOUT_MINUTES", "20"},
      {"SYNCCTL_SYNCS_ENABLED", "false"},
      {"CONSOLE_URL", "https://console/"},
      {"CONSOLE_TOKEN", "c"},
  });
  CHECK(settings.http_address == "127.0.0.1");
  CHECK(settings.allow_anonymous);
  CHECK(settings.http_port == 8080);
  CHECK(settings.auth_tokens == "a,b");
  CHECK(settings.encryption_keys == "k1,k2");
  CHECK(settings.token_secret == "s");
  CHECK(settings.kubernetes_client_config == "local");
  CHECK(settings.kubernetes_context == "here");
  CHECK(settings.kubernetes_namespace == "syncs");
  CHECK(settings.pods.node_selector.at("disk") == "ssd");
  CHECK(settings.pods.tolerations == R"([{"operator":"Exists"}])");
  CHECK(settings.container_status_check == 1s);
  CHECK(settings.container_init_timeout == 2s);
  CHECK(settings.container_grace_shutdown == 3s);
  CHECK(settings.unschedulable_timeout == 4s);
  CHECK(settings.start_patience == 540s);
  CHECK(settings.task_timeout == 30min);
  CHECK(settings.sidecar_database_url == "postgres://inside/d");
  CHECK(settings.bulker_auth_token == "t");
  CHECK(settings.bulker_logs_connection_id == "logs");
  CHECK(settings.instance_id == "i-1");
  CHECK(settings.pods.service_account == "runner");
  CHECK(settings.pods.labels.at("team") == "data");
  CHECK(settings.pods.annotations.at("inject") == "false");
  CHECK(settings.pods.image_pull_policy == "Never");
  CHECK(settings.pods.image_pull_secrets
        == std::vector<std::string>{"one", "two"});
  CHECK(settings.pods.source_resources == R"({"limits":{"cpu":"2"}})");
  CHECK(settings.pods.sidecar_resources == "{}");
  CHECK(settings.pods.init_resources == R"({"requests":{}})");
  CHECK(settings.own_log_level == log_level::debug);
  CHECK(settings.db_log_level == log_level::warn);
  CHECK_FALSE(settings.mask_logs);
  CHECK(settings.limits.source_exit_timeout == 5s);
  CHECK(settings.limits.strict_record_count);
  CHECK(settings.limits.answer_timeout == 20min);
  CHECK(settings.limits.answer_timeout_within_sync == 30min);
  CHECK(to_variables(settings.limits)
        == std::map<std::string, std::string>{
            {"SOURCE_EXIT_TIMEOUT_SECONDS", "5.0"},
            {"STRICT_RECORD_COUNT", "true"},
            {"SIDECAR_FILE_TIMEOUT_MINUTES", "20.0"}});
  CHECK_FALSE(settings.syncs_enabled);
  CHECK(settings.console_url == "https://console");
  CHECK(settings.console_token == "c");
}

TEST_CASE("every limit of a sidecar is checked and passed on") {
  struct rule {
    std::string name;
    std::string value;
    std::string passed;
  };

  for (const auto& [name, value, passed] : std::vector<rule>{
           {"SOURCE_IDLE_TIMEOUT_SECONDS", "0.5", "0.5"},
           {"SOURCE_EXIT_TIMEOUT_SECONDS", "7", "7.0"},
           {"STRICT_RECORD_COUNT", "yes", "true"},
           {"SIDECAR_FILE_TIMEOUT_MINUTES", "50", "50.0"},
           {"SIDECAR_FILE_TIMEOUT_WITHIN_SYNC_MINUTES", "50", "50.0"},
           {"BULKER_STALL_TIMEOUT_SECONDS", "7", "7.0"},
           {"BULKER_RESPONSE_TIMEOUT_SECONDS", "7", "7.0"},
           {"MAX_LINE_BYTES", "2KiB", "2048"},
           {"RETRY_BUFFER_BYTES", "0", "0"}}) {
    auto own = "SYNCCTL_" + name;
    CAPTURE(own);
    auto read_with = [&](const std::string& text) {
      return read_controller_settings(
          make_environment({{"HOME", "/home/me"}, {own, text}}));
    };
    auto wrong = read_with("many");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().what.find(own + ": ") == 0);
    auto good = read_with(value);
    REQUIRE(good);
    auto variables = to_variables(good->limits);
    CHECK(variables == std::map<std::string, std::string>{{name, passed}});
    // The sidecar reads what it is given as the same.
    sidecar_limits again;
    auto given = make_environment({{name, passed}});
    settings_reader in{given};
    read_sidecar_limits(in, {}, again);
    CHECK(in.finish());
    CHECK(again == good->limits);
  }
}

TEST_CASE("the required settings of a controller depend on where it runs "
          "connectors") {
  auto asked = [](const variables& given) {
    auto out = read_controller_settings(make_environment(given));
    return out ? std::string{} : out.error().what;
  };
  CHECK(asked({{"HOME", "/home/me"}}).empty());
  CHECK(asked({{"SYNCCTL_RUNTIME", "process"}, {"HOME", "/home/me"}}).empty());
  CHECK(asked({}).starts_with("SYNCCTL_DATA_DIR: missing"));
  for (const auto& given :
       {variables{{"SYNCCTL_RUNTIME", "kubernetes"}},
        variables{{"SYNCCTL_KUBERNETES_CLIENT_CONFIG", "local"}}}) {
    auto missing = asked(given);
    for (const auto* name : {"SYNCCTL_DATABASE_URL", "SYNCCTL_SIDECAR_IMAGE"})
      CHECK(missing.find(std::string{name} + ": missing") != std::string::npos);
  }
}

TEST_CASE("without Kubernetes the defaults are files") {
  auto read_all = [](const variables& given) {
    auto out = read_controller_settings(make_environment(given));
    INFO((out ? "" : out.error().what));
    REQUIRE(out);
    return std::move(*out);
  };
  auto plain = read_all({{"HOME", "/home/m e"}});
  CHECK(plain.runtime == controller_runtime::process);
  CHECK(plain.data_dir == "/home/m e/.syncctl");
  CHECK(plain.connectors_dir == "/home/m e/.syncctl/connectors");
  CHECK(plain.database_url == "sqlite:///home/m%20e/.syncctl/syncctl.db");
  CHECK(plain.sidecar_database_url == plain.database_url);
  CHECK(plain.bulker_url == "file:///home/m%20e/.syncctl/tables");
  CHECK(plain.process.memory_bytes == uint64_t{8} << 30);
  CHECK(plain.process.cpu_seconds == 0);
  CHECK(plain.process.open_files == 4096);
  auto given = read_all({{"SYNCCTL_RUNTIME", "process"},
                         {"SYNCCTL_KUBERNETES_CLIENT_CONFIG", "local"},
                         {"SYNCCTL_SIDECAR_IMAGE", "s:1"},
                         {"SYNCCTL_DATA_DIR", "/data/"},
                         {"SYNCCTL_CONNECTORS_DIR", "/connectors"},
                         {"SYNCCTL_SIDECAR_PROGRAM", "/bin/sidecar"},
                         {"SYNCCTL_BULKER_URL", "http://bulker"},
                         {"SYNCCTL_DATABASE_URL", "postgres://h/d"},
                         {"SYNCCTL_PROCESS_MEMORY_BYTES", "0"},
                         {"SYNCCTL_PROCESS_CPU_SECONDS", "60"},
                         {"SYNCCTL_PROCESS_OPEN_FILES", "128"}});
  CHECK(given.runtime == controller_runtime::process);
  CHECK(given.data_dir == "/data");
  CHECK(given.connectors_dir == "/connectors");
  CHECK(given.sidecar_program == "/bin/sidecar");
  CHECK(given.bulker_url == "http://bulker");
  CHECK(given.database_url == "postgres://h/d");
  CHECK(given.process.memory_bytes == 0);
  CHECK(given.process.cpu_seconds == 60);
  CHECK(given.process.open_files == 128);
}

TEST_CASE("settings that cannot work together are named") {
  auto asked = [](const variables& given) {
    auto out = read_controller_settings(make_environment(given));
    return out ? std::string{} : "\n" + out.error().what;
  };
  auto files = asked({{"SYNCCTL_RUNTIME", "kubernetes"},
                      {"SYNCCTL_DATABASE_URL", "sqlite:///hush"},
                      {"SYNCCTL_SIDECAR_IMAGE", "s:1"},
                      {"SYNCCTL_BULKER_URL", "file:///hush"}});
  for (const auto* name : {"SYNCCTL_DATABASE_URL", "SYNCCTL_BULKER_URL"})
    CHECK(files.find("\n" + std::string{name} + ": ") != std::string::npos);
  CHECK(files.find("hush") == std::string::npos);
  auto half = asked({{"HOME", "/home/me"}, {"SYNCCTL_SIDECAR_IMAGE", "s:1"}});
  CHECK(half.find("\nSYNCCTL_KUBERNETES_CLIENT_CONFIG: missing")
        != std::string::npos);
  auto wrong = asked({{"SYNCCTL_RUNTIME", "process"},
                      {"SYNCCTL_DATA_DIR", "data"},
                      {"SYNCCTL_CONNECTORS_DIR", "."},
                      {"SYNCCTL_PROCESS_MEMORY_BYTES", "5"},
                      {"SYNCCTL_PROCESS_OPEN_FILES", "1"}});
  for (const auto* name :
       {"SYNCCTL_DATA_DIR", "SYNCCTL_CONNECTORS_DIR",
        "SYNCCTL_PROCESS_MEMORY_BYTES", "SYNCCTL_PROCESS_OPEN_FILES"})
    CHECK(wrong.find("\n" + std::string{name} + ": ") != std::string::npos);
}

TEST_CASE("all wrong settings of a controller are named at once") {
  auto said = refusal({
      {"SYNCCTL_DATABASE_URL", "mysql://hush"},
      {"SYNCCTL_HTTP_ADDRESS", "localhost"},
      {"SYNCCTL_HTTP_PORT", "0"},
      {"SYNCCTL_AUTH_TOKENS", "hush\nhush"},
      {"SYNCCTL_KUBERNETES_NAMESPACE", "Not_A_Name"},
      {"SYNCCTL_PODS_SERVICE_ACCOUNT", "../etc"},
      {"SYNCCTL_KUBERNETES_NODE_SELECTOR", R"({"disk":7})"},
      {"SYNCCTL_PODS_LABELS", "[]"},
      {"SYNCCTL_PODS_ANNOTATIONS", "{"},
      {"SYNCCTL_KUBERNETES_TOLERATIONS", "{}"},
      {"SYNCCTL_SOURCE_RESOURCES", R"({"limits":{"cpu":2}})"},
      {"SYNCCTL_SIDECAR_RESOURCES", R"({"limit":{}})"},
      {"SYNCCTL_INIT_RESOURCES", "many"},
      {"SYNCCTL_IMAGE_PULL_POLICY", "Sometimes"},
      {"SYNCCTL_TASK_TIMEOUT_HOURS", "-1"},
      {"SYNCCTL_SYNCS_ENABLED", "perhaps"},
      {"SYNCCTL_LOG_LEVEL", "loud"},
      {"SYNCCTL_BULKER_URL", "bulker"},
      {"CONSOLE_URL", "console"},
  });
  for (const auto* name :
       {"SYNCCTL_DATABASE_URL", "SYNCCTL_HTTP_ADDRESS", "SYNCCTL_HTTP_PORT",
        "SYNCCTL_AUTH_TOKENS", "SYNCCTL_KUBERNETES_NAMESPACE",
        "SYNCCTL_PODS_SERVICE_ACCOUNT", "SYNCCTL_KUBERNETES_NODE_SELECTOR",
        "SYNCCTL_PODS_LABELS", "SYNCCTL_PODS_ANNOTATIONS",
        "SYNCCTL_KUBERNETES_TOLERATIONS", "SYNCCTL_SOURCE_RESOURCES",
        "SYNCCTL_SIDECAR_RESOURCES", "SYNCCTL_INIT_RESOURCES",
        "SYNCCTL_IMAGE_PULL_POLICY", "SYNCCTL_TASK_TIMEOUT_HOURS",
        "SYNCCTL_SYNCS_ENABLED", "SYNCCTL_LOG_LEVEL", "SYNCCTL_BULKER_URL",
        "CONSOLE_URL"}) {
    INFO(name);
    CHECK(("\n" + said).find("\n" + std::string{name} + ": ")
          != std::string::npos);
  }
  CHECK(refusal({{"SYNCCTL_RUNTIME", "docker"}}).find("SYNCCTL_RUNTIME: ")
        == 0);
}

// -- syncctl.env --------------------------------------------------------------

TEST_CASE("a file of variables is read as others write them") {
  auto read = read_env_file("# a comment\n"
                            "\n"
                            "PLAIN=one two  \r\n"
                            "export EXPORTED=1\n"
                            "EMPTY=\n"
                            "EQUALS=a=b#c\n"
                            "SINGLE='a \"b\" \\n'\n"
                            "DOUBLE=\"a \\\"b\\\" \\n \\x\"\n"
                            "LINES='first\nsecond'\n"
                            "SPACED = x\n"
                            "TWICE=1\n"
                            "TWICE=2");
  REQUIRE(read);
  CHECK(*read
        == variables{{"PLAIN", "one two"},
                     {"EXPORTED", "1"},
                     {"EMPTY", ""},
                     {"EQUALS", "a=b#c"},
                     {"SINGLE", "a \"b\" \\n"},
                     {"DOUBLE", "a \"b\" \n \\x"},
                     {"LINES", "first\nsecond"},
                     {"SPACED", " x"},
                     {"TWICE", "2"}});
  CHECK(read_env_file("")->empty());
}

TEST_CASE("a mistake in a file of variables is reported by its line only") {
  for (const auto* text :
       {"A=1\nhush\n", "A=1\nhush hush=1", "A=1\n7=hush", "A=1\n=hush",
        "A=1\nB='hush", "A=1\nB=\"hush\" hush", "A=1\nhush-hush=1"}) {
    INFO(text);
    auto read = read_env_file(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().what.find("line 2 ") == 0);
    CHECK(read.error().what.find("hush") == std::string::npos);
  }
}

TEST_CASE("SYNCCTL_CONFIG_PATH sets variables that the environment does not") {
  scratch_folder folder;
  folder.write("syncctl.env", "SYNCCTL_HTTP_PORT=1\nSYNCCTL_LOG_LEVEL=warn\n");
  auto from = with_controller_env_file(
      make_environment({{"SYNCCTL_CONFIG_PATH", folder.path().string()},
                        {"SYNCCTL_HTTP_PORT", "2"},
                        {"SYNCCTL_LOG_LEVEL", ""}}));
  REQUIRE(from);
  CHECK((*from)("SYNCCTL_HTTP_PORT") == "2");
  CHECK((*from)("SYNCCTL_LOG_LEVEL") == "warn");
  CHECK_FALSE((*from)("SYNCCTL_INSTANCE_ID"));
  auto lost = with_controller_env_file(
      make_environment({{"SYNCCTL_CONFIG_PATH", "/nowhere"}}));
  REQUIRE_FALSE(lost);
  CHECK(lost.error().what.find("/nowhere/syncctl.env") != std::string::npos);
  CHECK(with_controller_env_file(make_environment({})));
}
