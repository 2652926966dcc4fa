// Which variables a connector of `sidecar run` is given.
#include "runtime/process/connector_environment.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>

using namespace motorcade;

namespace {

/// A variable's name and a value that it could have.
struct variable {
  const char* name;
  const char* value;
};

std::vector<std::string>
environment_of_connector(const std::vector<variable>& ours,
                         const std::vector<std::string>& passed = {}) {
  std::vector<std::string> pairs;
  pairs.reserve(ours.size());
  for (const auto& [name, value] : ours)
    pairs.push_back(std::string{name} + "=" + value);
  std::vector<const char*> words;
  words.reserve(pairs.size() + 1);
  for (const auto& pair : pairs)
    words.push_back(pair.c_str());
  words.push_back(nullptr);
  auto made = make_connector_environment(words.data(), {}, passed);
  REQUIRE(made);
  return *made;
}

bool is_given(const variable& one) {
  return !environment_of_connector({one}).empty();
}

} // namespace

TEST_CASE("logins, and variables that lead to one, are kept from a connector",
          "[environment]") {
  const std::vector<variable> kept = {
      // Settings of ours.
      {"BULKER_URL", "http://bulker:3042"},
      {"BULKER_AUTH_TOKEN", "x"},
      {"DATABASE_URL", "sqlite:///data/syncs.db"},
      {"DESTINATION_CONFIG_FILE", "/destination/destinationConfig.json"},
      {"SYNCCTL_AUTH_TOKENS", "x"},
      {"SYNCCTL_ENCRYPTION_KEYS", "x"},
      {"SYNCCTL_DATA_DIR", "/var/lib/syncctl"},
      {"WORKLOAD_API_HOST", "http://airbyte"},
      {"WORKLOAD_API_BEARER_TOKEN", "x"},
      {"CONSOLE_TOKEN", "x"},
      {"CONSOLE_URL", "http://console"},
      {"INTERNAL_API_HOST", "http://airbyte"},
      {"DATAPLANE_CLIENT_ID", "x"},
      // Databases.
      {"PGPASSWORD", "x"},
      {"PGPASSFILE", "/home/me/.pgpass"},
      {"PGSERVICEFILE", "/home/me/.pg_service.conf"},
      {"PGSERVICE", "warehouse"},
      {"PGSSLKEY", "/home/me/client.key"},
      {"PGHOST", "db"},
      {"MYSQL_PWD", "x"},
      {"MYSQL_TEST_LOGIN_FILE", "/home/me/.mylogin.cnf"},
      {"MYSQL_HOME", "/home/me/mysql"},
      {"REDISCLI_AUTH", "x"},
      {"SNOWSQL_PWD", "x"},
      {"CLICKHOUSE_PASSWORD", "x"},
      {"MSSQL_CONNECTION_STRING", "Server=db"},
      // Clouds.
      {"AWS_ACCESS_KEY_ID", "x"},
      {"AWS_PROFILE", "me"},
      {"AWS_SHARED_CREDENTIALS_FILE", "/home/me/.aws/credentials"},
      {"AZURE_CLIENT_SECRET", "x"},
      {"AZURE_TENANT_ID", "x"},
      {"AZURE_FEDERATED_TOKEN_FILE", "/run/token"},
      {"ARM_CLIENT_ID", "x"},
      {"GOOGLE_APPLICATION_CREDENTIALS", "/home/me/key.json"},
      {"CLOUDSDK_CONFIG", "/home/me/.config/gcloud"},
      {"GCP_SERVICE_ACCOUNT", "x"},
      {"BOTO_CONFIG", "/home/me/.boto"},
      {"RCLONE_CONFIG", "/home/me/rclone.conf"},
      {"VAULT_ADDR", "https://vault"},
      {"KUBECONFIG", "/home/me/.kube/config"},
      {"KUBERNETES_SERVICE_HOST", "10.0.0.1"},
      // Registries and what builds.
      {"DOCKER_AUTH_CONFIG", R"({"auths":{}})"},
      {"DOCKER_CONFIG", "/home/me/.docker"},
      {"REGISTRY_AUTH_FILE", "/run/auth.json"},
      {"NPM_CONFIG__AUTH", "x"},
      {"npm_config__auth", "x"},
      {"npm_config_//registry.npmjs.org/:_authToken", "x"},
      {"npm_config_//npm.example.com/:_password", "x"},
      {"COMPOSER_AUTH", "x"},
      {"CARGO_REGISTRIES_MINE_TOKEN", "x"},
      {"GITHUB_TOKEN", "x"},
      {"GITHUB_PRIVATE_KEY_PATH", "/home/me/key.pem"},
      {"CI_JOB_TOKEN", "x"},
      {"CI_JOB_JWT", "x"},
      {"ACTIONS_ID_TOKEN_REQUEST_URL", "https://example.com"},
      // Agents, keyrings and files of logins.
      {"SSH_AUTH_SOCK", "/tmp/ssh/agent.1"},
      {"SSH_ASKPASS", "/usr/bin/ask"},
      {"GIT_ASKPASS", "/usr/bin/ask"},
      {"SSHPASS", "x"},
      {"GNUPGHOME", "/home/me/.gnupg"},
      {"NETRC", "/home/me/.netrc"},
      {"KRB5CCNAME", "FILE:/tmp/krb5cc_1000"},
      {"XAUTHORITY", "/home/me/.Xauthority"},
      {"DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1000/bus"},
      // Kinds of names.
      {"SHOP_SECRET", "x"},
      {"SHOP_PASSWORD", "x"},
      {"SHOP_PASSWORD_FILE", "/run/secrets/shop"},
      {"SHOP_TOKEN", "x"},
      {"SHOP_KEY", "x"},
      {"SHOP_KEY_2", "x"},
      {"shopApiKey", "x"},
      {"DB_PASS", "x"},
      {"SMTP_PASSWD", "x"},
      {"SENTRY_DSN", "https://abc@sentry.example.com/1"},
      {"SESSION_COOKIE", "x"},
      {"SLACK_WEBHOOK_URL", "https://hooks.example.com/services/T0/B0/x"},
      // Kinds of values.
      {"MONGODB_URI", "mongodb://me:hush@db/shop"},
      {"MAIL_URL", "smtp://me:root@mail"},
      {"REDIS_URL", "redis://:hush@cache:6379/0"},
      {"PIP_EXTRA_INDEX_URL", "https://pypi.org/simple https://me:hush@pip/"},
      {"GOPROXY", "https://me:hush@go.example.com,direct"},
      {"ACCOUNT", R"({"user":"me","password":"h6Zs0aQ9"})"},
      {"DEPLOY", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n"},
      {"GIT_CONFIG_VALUE_0", "Authorization: Basic bWU6aHVzaA=="},
  };
  CHECK(kept.size() >= 60);
  for (const auto& one : kept) {
    INFO(one.name << '=' << one.value);
    CHECK_FALSE(is_given(one));
  }
}

TEST_CASE("everything else is given to a connector, a proxy's password too",
          "[environment]") {
  const std::vector<variable> given = {
      {"PATH", "/usr/local/bin:/usr/bin:/bin"},
      {"HOME", "/home/me"},
      {"PWD", "/home/me"},
      {"OLDPWD", "/"},
      {"USER", "me"},
      {"LOGNAME", "me"},
      {"SHELL", "/bin/bash"},
      {"LANG", "C.UTF-8"},
      {"LC_TIME", "de_DE.UTF-8"},
      {"TZ", "Europe/Berlin"},
      {"TERM", "xterm"},
      {"TMPDIR", "/tmp"},
      {"LS_COLORS", "rs=0:di=01;34:ln=01;36:*.pem=00"},
      {"XDG_RUNTIME_DIR", "/run/user/1000"},
      {"XDG_SESSION_ID", "3"},
      {"PYTHONPATH", "/opt/connector"},
      {"PYTHONUNBUFFERED", "1"},
      {"VIRTUAL_ENV", "/opt/venv"},
      {"JAVA_HOME", "/usr/lib/jvm/default"},
      {"JAVA_TOOL_OPTIONS", "-Xmx512m"},
      {"NODE_OPTIONS", "--max-old-space-size=512"},
      {"NPM_CONFIG_REGISTRY", "https://registry.npmjs.org/"},
      {"LD_LIBRARY_PATH", "/opt/lib"},
      {"SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"},
      {"REQUESTS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt"},
      {"HTTP_PROXY", "http://proxy:3128"},
      {"HTTPS_PROXY", "http://me:hush@proxy:3128"},
      {"https_proxy", "http://me:hush@proxy:3128"},
      {"ALL_PROXY", "socks5://me:hush@proxy"},
      {"NO_PROXY", "localhost,.example.com"},
      {"GIT_AUTHOR_NAME", "me"},
      {"KEYBOARD", "de"},
      {"MONKEYS", "3"},
      {"COMPASS", "north"},
      {"SHOP_URL", "https://shop.example.com:8443/a?b=c@d"},
      {"SFTP_URL", "sftp://me@files.example.com"},
      {"SHOP_CONFIG", R"({"user":"me","port":80})"},
      {"AIRBYTE_VERSION", "1.7.0"},
      {"USE_STREAM_CAPABLE_STATE", "true"},
      {"EMPTY", ""},
      {"CI", "true"},
  };
  for (const auto& one : given) {
    INFO(one.name << '=' << one.value);
    CHECK(is_given(one));
  }
}

TEST_CASE("a variable that the user passes on is given, whatever its name is",
          "[environment]") {
  auto made = environment_of_connector({{"AWS_PROFILE", "me"},
                                        {"DB", "postgres://me:hush@db/shop"},
                                        {"SHOP_TOKEN", "x"}},
                                       {"AWS_PROFILE", "DB", "MY_KEY=k=1"});
  CHECK(made
        == std::vector<std::string>{
            "AWS_PROFILE=me", "DB=postgres://me:hush@db/shop", "MY_KEY=k=1"});
}
