// The program syncctl: its settings, its subcommands, its start and its end.

#include "runtime/http/client/api_client.hpp"
#include "runtime/http/server/auth_tokens.hpp"
#include "support/bound_socket.hpp"
#include "support/holds.hpp"
#include "support/scratch_folder.hpp"
#include "support/watched_program.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

using variables_of = std::map<std::string, std::string, std::less<>>;

struct world {
  world() {
    auto kubeconfig = folder.write("kubeconfig", R"(
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {token: kube-secret}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
)");
    env = {{"PATH", "/usr/bin:/bin"},
           {"HOME", folder.path().string()},
           {"SYNCCTL_DATABASE_URL",
            "postgresql://somebody:db-secret@127.0.0.1:1/x"},
           {"SYNCCTL_SIDECAR_IMAGE", "motorcade-sidecar:1"},
           {"SYNCCTL_BULKER_URL", "http://bulker:3042"},
           {"SYNCCTL_BULKER_AUTH_TOKEN", "bulker-secret"},
           {"SYNCCTL_AUTH_TOKENS", "client-secret"},
           {"SYNCCTL_KUBERNETES_CLIENT_CONFIG", kubeconfig},
           {"SYNCCTL_HTTP_PORT", port}};
  }

  program_result run(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), SYNCCTL);
    return watched_program{arguments, env}.finish();
  }

  api_answer get(const std::string& path, const std::string& token) {
    api_request request;
    request.url = "http://127.0.0.1:" + port + path;
    if (!token.empty())
      request.headers = {"Authorization: Bearer " + token};
    auto answer = api_client{}.send(request);
    REQUIRE(answer);
    return *answer;
  }

  scratch_folder folder;
  std::string port = free_port();
  variables_of env;
};

void check_no_secret(const std::string& text) {
  for (const auto* secret : {"db-secret", "bulker-secret", "client-secret",
                             "kube-secret", "hash-secret"})
    CHECK_FALSE(holds(text, secret));
}

} // namespace

TEST_CASE("--help and --version describe syncctl") {
  world w;
  auto help = w.run({"--help"});
  CHECK(help.exit_code == 0);
  for (const auto* word : {"check-config", "hash-token", "syncctl.env"})
    CHECK(holds(help.out, word));
  auto version = w.run({"--version"});
  CHECK(version.exit_code == 0);
  CHECK(holds(version.out, "motorcade syncctl"));
  CHECK(w.run({"--nonsense"}).exit_code == 2);
}

TEST_CASE("all faults are reported at once, without values") {
  world w;
  w.env.erase("SYNCCTL_DATABASE_URL");
  w.env.erase("SYNCCTL_SIDECAR_IMAGE");
  w.env["SYNCCTL_HTTP_PORT"] = "70000";
  w.env["SYNCCTL_BULKER_URL"] = "bulker-secret";
  w.env["SYNCCTL_KUBERNETES_NODE_SELECTOR"] = "[]";
  w.env["SYNCCTL_AUTH_TOKENS"] = "client-secret,no token";
  w.env["SYNCCTL_KUBERNETES_CLIENT_CONFIG"] = "/nowhere";
  auto arguments = GENERATE(std::vector<std::string>{},
                            std::vector<std::string>{"check-config"});
  auto ended = w.run(arguments);
  CHECK(ended.exit_code == 2);
  for (const auto* name :
       {"SYNCCTL_DATABASE_URL", "SYNCCTL_SIDECAR_IMAGE", "SYNCCTL_HTTP_PORT",
        "SYNCCTL_BULKER_URL", "SYNCCTL_KUBERNETES_NODE_SELECTOR",
        "SYNCCTL_AUTH_TOKENS", "SYNCCTL_KUBERNETES_CLIENT_CONFIG"})
    CHECK(holds(ended.err, name));
  check_no_secret(ended.err + ended.out);
}

TEST_CASE("all missing settings are reported at once") {
  world w;
  w.env = {{"PATH", "/usr/bin:/bin"}, {"SYNCCTL_RUNTIME", "kubernetes"}};
  auto ended = w.run();
  CHECK(ended.exit_code == 2);
  for (const auto* name : {"SYNCCTL_KUBERNETES_CLIENT_CONFIG",
                           "SYNCCTL_DATABASE_URL", "SYNCCTL_SIDECAR_IMAGE"})
    CHECK(holds(ended.err, name));
}

TEST_CASE("values that Kubernetes would refuse are refused at the start") {
  using setting = std::pair<std::string, std::string>;
  world w;
  auto [name, value] = GENERATE(
      setting{"SYNCCTL_SIDECAR_IMAGE", "a b c"},
      setting{"SYNCCTL_SOURCE_RESOURCES", R"({"requests":{"cpu":"zzz"}})"},
      setting{"SYNCCTL_PODS_LABELS", R"({"a b":"c"})"},
      setting{"SYNCCTL_PODS_LABELS", R"({"a":"c d"})"},
      setting{"SYNCCTL_PODS_ANNOTATIONS", R"({"a b":"c"})"},
      setting{"SYNCCTL_IMAGE_PULL_SECRETS", "good,Bad_Name"},
      setting{"SYNCCTL_AUTH_TOKENS", ","});
  w.env[name] = value;
  auto ended = w.run({"check-config"});
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  CHECK(holds(ended.err, name));
}

TEST_CASE("a kubeconfig that cannot be used is refused with its reason") {
  world w;
  w.env["SYNCCTL_KUBERNETES_CLIENT_CONFIG"] = w.folder.path("nowhere");
  auto ended = w.run({"check-config"});
  CHECK(ended.exit_code == 2);
  CHECK(holds(ended.err, "SYNCCTL_KUBERNETES_CLIENT_CONFIG"));
  CHECK(holds(ended.err, "nowhere"));
}

TEST_CASE("a template of Pods is checked at the start") {
  world w;
  w.env["SYNCCTL_PODS_TEMPLATE"] = w.folder.path("nowhere");
  auto ended = w.run({"check-config"});
  CHECK(ended.exit_code == 2);
  CHECK(holds(ended.err, "SYNCCTL_PODS_TEMPLATE: "));
  CHECK(holds(ended.err, w.folder.path("nowhere")));
  w.env["SYNCCTL_PODS_TEMPLATE"] =
      w.folder.write("pods.yaml", "spec:\n  containers:\n    - name: source\n");
  for (const auto& arguments :
       {std::vector<std::string>{"check-config"}, std::vector<std::string>{}}) {
    ended = w.run(arguments);
    CHECK(ended.exit_code == 2);
    CHECK(holds(ended.err,
                "SYNCCTL_PODS_TEMPLATE: " + w.env["SYNCCTL_PODS_TEMPLATE"]
                    + ": spec.containers[0].name: source is a "
                      "container of motorcade's"));
  }
  w.folder.write("pods.yaml", "spec: {priorityClassName: batch}");
  CHECK(w.run({"check-config"}).exit_code == 0);
}

TEST_CASE("check-config starts nothing and shows no secret") {
  world w;
  auto ended = w.run({"check-config"});
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(holds(ended.out, "the settings are fine"));
  CHECK(holds(ended.out, "http://127.0.0.1:1"));
  check_no_secret(ended.err + ended.out);
}

TEST_CASE("without tokens other machines are let in only by "
          "SYNCCTL_ALLOW_ANONYMOUS") {
  world w;
  w.env.erase("SYNCCTL_AUTH_TOKENS");
  CHECK(holds(w.run({"check-config"}).out, "open to this machine alone"));
  w.env["SYNCCTL_HTTP_ADDRESS"] = "0.0.0.0";
  auto refused = w.run();
  CHECK(refused.exit_code == 2);
  for (const auto* way : {"SYNCCTL_HTTP_ADDRESS", "SYNCCTL_AUTH_TOKENS",
                          "SYNCCTL_ALLOW_ANONYMOUS"})
    CHECK(holds(refused.err, way));
  w.env["SYNCCTL_ALLOW_ANONYMOUS"] = "true";
  CHECK(holds(w.run({"check-config"}).out, "open to all"));
  watched_program syncctl{{SYNCCTL}, w.env};
  REQUIRE(syncctl.await("there are no tokens"));
  CHECK(holds(w.get("/ready", "").body, "\"status\""));
  syncctl.signal(SIGTERM);
  CHECK(syncctl.finish().exit_code == 0);
}

TEST_CASE("syncctl uses the Pod's own client config in a Pod") {
  world w;
  w.env.erase("SYNCCTL_KUBERNETES_CLIENT_CONFIG");
  SECTION("whose files are missing here") {
    w.env["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
    w.env["KUBERNETES_SERVICE_PORT"] = "443";
    auto ended = w.run({"check-config"});
    CHECK(ended.exit_code == 2);
    CHECK(holds(ended.err, "service account"));
  }
  SECTION("of which elsewhere there is none") {
    auto ended = w.run({"check-config"});
    CHECK(ended.exit_code == 2);
    CHECK(holds(ended.err, "SYNCCTL_KUBERNETES_CLIENT_CONFIG"));
  }
  SECTION("without which local processes serve") {
    w.env.erase("SYNCCTL_SIDECAR_IMAGE");
    auto ended = w.run({"check-config"});
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(holds(ended.out, "processes of"));
    w.env["SYNCCTL_SIDECAR_PROGRAM"] = "/nowhere/sidecar";
    CHECK(holds(w.run({"check-config"}).err, "SYNCCTL_SIDECAR_PROGRAM"));
  }
}

TEST_CASE("syncctl.env sets variables that the environment does not") {
  world w;
  w.env.erase("SYNCCTL_SIDECAR_IMAGE");
  w.env.erase("SYNCCTL_HTTP_PORT");
  w.folder.write("syncctl.env", "SYNCCTL_SIDECAR_IMAGE=sidecar:2\n"
                                "SYNCCTL_HTTP_PORT=4444\n");
  w.env["SYNCCTL_CONFIG_PATH"] = w.folder.path().string();
  CHECK(holds(w.run({"check-config"}).out, "port 4444"));
  w.env["SYNCCTL_HTTP_PORT"] = "5555";
  CHECK(holds(w.run({"check-config"}).out, "port 5555"));
}

TEST_CASE("hash-token prints a value for SYNCCTL_AUTH_TOKENS") {
  world w;
  w.env["SYNCCTL_TOKEN_SECRET"] = "hash-secret";
  auto hash = [&w](const std::string& options) {
    return watched_program{
        {"/bin/sh", "-c",
         "printf 'tok_1\\n' | " SYNCCTL " hash-token" + options},
        w.env}
        .finish();
  };
  auto ended = hash(" --salt abc");
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  auto line = ended.out.substr(0, ended.out.find('\n'));
  CHECK(line == hash_token("tok_1", "abc", "hash-secret"));
  auto tokens = auth_tokens::read(line, "hash-secret");
  REQUIRE(tokens);
  CHECK(tokens->allow("Bearer tok_1"));
  CHECK(hash("").out != hash("").out);
  CHECK(hash(" --salt 'a b'").exit_code == 2);
  // Nothing on stdin is no token.
  CHECK(w.run({"hash-token"}).exit_code == 2);
}

TEST_CASE("SYNCCTL_SYNCS_ENABLED=false ends syncctl at once with exit code 0") {
  world w;
  w.env["SYNCCTL_SYNCS_ENABLED"] = "false";
  auto ended = w.run();
  CHECK(ended.exit_code == 0);
  CHECK(holds(ended.err, "SYNCCTL_SYNCS_ENABLED=false: ending at once"));
}

TEST_CASE("a port that is taken ends syncctl and names SYNCCTL_HTTP_PORT") {
  world w;
  const bound_socket taken;
  taken.listen();
  w.env["SYNCCTL_HTTP_PORT"] = taken.port();
  auto ended = w.run();
  CHECK(ended.exit_code == 1);
  CHECK(holds(ended.err, "SYNCCTL_HTTP_PORT"));
}

TEST_CASE("syncctl reports an outage of Kubernetes and the database, and ends "
          "on SIGTERM") {
  world w;
  watched_program syncctl{{SYNCCTL}, w.env};
  REQUIRE(syncctl.await("listening on port"));
  auto health = w.get("/health", "");
  CHECK(health.status == 503);
  CHECK(holds(health.body, R"("status":"fail")"));
  CHECK(w.get("/tasks", "").status == 401);
  CHECK(w.get("/tasks", "client-secret").status == 503);
  auto metrics = w.get("/metrics", "client-secret");
  CHECK(metrics.status == 200);
  CHECK(holds(metrics.body, "motorcade_pods_listed 0"));
  auto refused =
      w.get("/spec?package=airbyte/source-faker&version=1", "client-secret");
  CHECK(refused.status == 503);
  CHECK(holds(refused.body, "still listing the running tasks"));
  syncctl.signal(GENERATE(SIGTERM, SIGINT));
  auto ended = syncctl.finish();
  CHECK(ended.exit_code == 0);
  check_no_secret(ended.err + ended.out);
}

TEST_CASE("the instance id is made once and kept") {
  world w;
  auto instance = [&w] {
    watched_program syncctl{{SYNCCTL}, w.env};
    REQUIRE(syncctl.await("listening on port"));
    auto metrics = w.get("/metrics", "client-secret").body;
    syncctl.signal(SIGTERM);
    CHECK(syncctl.finish().exit_code == 0);
    auto at = metrics.find("instance_id=\"");
    REQUIRE(at != std::string::npos);
    auto begin = at + std::string{"instance_id=\""}.size();
    return metrics.substr(begin, metrics.find('"', begin) - begin);
  };
  auto first = instance();
  CHECK(instance() == first);
  auto path = w.folder.path(".syncctl/instance_id");

  struct stat about {};

  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  w.env["SYNCCTL_INSTANCE_ID"] = "mine";
  CHECK(instance() == "mine");
}
