// `sidecar run`: what it shows of secrets, and what a connector is given.
#include "support/run_desk.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>
#include <fstream>
#include <map>

#include <csignal>
#include <unistd.h>

using namespace motorcade::test;

TEST_CASE("no secret of the config is shown or stored, from any source") {
  desk at;
  at.folder.write("config.json",
                  R"({"credentials":{"client_secret":"p@ss/w0rd=1"}})");
  // In the words of the connector, of its errors and of its stderr: as it is,
  // in a URL, in Basic auth.
  auto ended = at.run(at.script(
      "cat <<'END'\n"
      R"({"type":"LOG","log":{"level":"INFO","message":"key p@ss/w0rd=1"}})"
      "\n"
      R"({"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{)"
      R"("message":"no access","internal_message":"GET /x?k=p%40ss%2Fw0rd%3D1",)"
      R"("stack_trace":"Authorization: Basic bWU6cEBzcy93MHJkPTE=",)"
      R"("stream_descriptor":{"name":"users"}}}})"
      "\nEND\necho 'ERROR p@ss%2Fw0rd%3D1 p@ss/w0rd=1' >&2\nexit 1\n"));
  std::string stored;
  for (const auto& file :
       std::filesystem::directory_iterator{at.folder.path("")})
    if (file.path().filename().string().starts_with("tasks.db")) {
      std::ifstream bytes{file.path(), std::ios::binary};
      stored.append(std::istreambuf_iterator<char>{bytes}, {});
    }
  CHECK(holds(stored, "no access"));
  for (const auto& where : {ended.out, ended.err, stored})
    for (const auto* secret :
         {"p@ss/w0rd=1", "p%40ss%2Fw0rd%3D1", "cEBzcy93MHJkPT"}) {
      INFO(secret);
      CHECK_FALSE(holds(where, secret));
    }
  CHECK(holds(ended.err, "key ***"));
}

TEST_CASE("no text is shown if a config has more secrets than can be masked") {
  desk at;
  std::string config = R"({"passwords":{)";
  for (int i = 0; i < 60'000; ++i)
    config += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":\"hush-"
              + std::to_string(i) + std::string(60, 'x') + "\"";
  at.folder.write("config.json", config + "}}");
  auto hush = "hush-59999" + std::string(60, 'x');
  auto check = [](const std::string& status, const std::string& message) {
    return R"(echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":")"
           + status + R"(","message":")" + message + "\"}}'\n";
  };
  auto script = at.script("echo '" + hush + " is wrong'; echo " + hush
                          + " >&2\n" + check("FAILED", hush));
  auto told = at.run(script, {"--command", "check"});
  INFO(told.out.substr(0, 2'000) << told.err.substr(0, 2'000));
  CHECK_FALSE(holds(told.out, "hush"));
  CHECK_FALSE(holds(told.err, "hush"));
  CHECK(holds(told.out, R"("status":"FAILED")"));
  CHECK(holds(told.out, "there are more secrets than can be masked"));
  CHECK(holds(told.err, "there are more secrets than can be masked"));
  // A verdict needs no word that is withheld.
  told = at.run(at.script(check("SUCCEEDED", hush)), {"--command", "check"});
  CHECK(told.exit_code == 0);
  CHECK(holds(told.out, R"("status":"SUCCEEDED")"));
}

TEST_CASE("a check's log names the keys that a new config changed") {
  desk at;
  at.folder.write("config.json",
                  R"({"api_key":"0ld-s3cret","start_date":"2022-01-01"})");
  auto ended = at.run(
      at.script(
          "cat <<'END'\n"
          R"({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG",)"
          R"("emitted_at":1,"connectorConfig":{"config":)"
          R"({"api_key":"n3w-s3cret"}}}})"
          "\n"
          R"({"type":"LOG","log":{"level":"INFO","message":"n3w-s3cret"}})"
          "\n"
          R"({"type":"CONNECTION_STATUS","connectionStatus":)"
          R"({"status":"FAILED","message":"not with n3w-s3cret"}})"
          "\nEND\n"),
      {"--command", "check"});
  INFO(ended.out << ended.err);
  CHECK(holds(ended.err, "Changed: api_key; the new config lacks: start_date"));
  for (const auto* secret : {"0ld-s3cret", "n3w-s3cret"})
    CHECK_FALSE(holds(ended.out + ended.err, secret));
  CHECK(holds(ended.out, R"("message":"not with ***")"));
}

TEST_CASE("a connector is given the environment but for settings and keys") {
  desk at;
  at.env["LC_TIME"] = "de_DE.UTF-8";
  at.env["HTTPS_PROXY"] = "http://proxy:3128";
  // A person's shell may have been a Pod's, or have keys of all kinds.
  at.env["SIDECAR_INPUT"] = "files";
  for (const auto* name :
       {"WORKLOAD_API_BEARER_TOKEN", "DATABASE_URL", "BULKER_AUTH_TOKEN",
        "PGPASSWORD", "PGPASSFILE", "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "SYNCCTL_AUTH_TOKENS",
        "SYNCCTL_DATABASE_URL", "GITHUB_TOKEN", "my_api_key", "SMTP_PASSWD"})
    at.env[name] = std::string{"hush-"} + name;
  at.env["VARIANT"] = "b";
  // A secret of ours is one under any name.
  at.env["COPY_OF_IT"] = "Bearer hush-BULKER_AUTH_TOKEN";
  auto script = at.script("env >&2; exit 1\n");
  auto told = at.run(script);
  INFO(told.err);
  CHECK_FALSE(holds(told.err, "hush"));
  CHECK(holds(told.err, "VARIANT=b"));
  CHECK(holds(told.err, "LC_TIME=de_DE.UTF-8"));
  CHECK(holds(told.err, "HTTPS_PROXY=http://proxy:3128"));
  CHECK(holds(told.err, "TMPDIR=" + at.folder.path("tmp")));
  SECTION("nor the login of the destination under another name") {
    at.env["A"] = "hush-url/1";
    at.env["B"] = "login=hush-config-1";
    at.folder.write(
        "destination.json",
        R"({"destinationType":"mysql","host":"db","password":"hush-config-1"})");
    for (const auto& [name, value] : std::map<std::string, std::string>{
             {"--to", "clickhouse://me:hush-url%2F1@127.0.0.1:1/db"},
             {"--destination-config", at.folder.path("destination.json")}}) {
      told = watched_program{{SIDECAR, "run", "--command", "spec", "--database",
                              "sqlite://" + at.folder.path("tasks.db"), name,
                              value, "--", script.front()},
                             at.env}
                 .finish();
      INFO(name << '\n' << told.err);
      CHECK(holds(told.err, "VARIANT=b"));
      CHECK(holds(told.err, "A=hush-url/1") == (name != "--to"));
      CHECK(holds(told.err, "B=login=") == (name == "--to"));
    }
  }
  SECTION("it is given what it is to be given") {
    told = at.run(script, {"--env", "AWS_ACCESS_KEY_ID", "--env", "X=1=2",
                           "--env", "LC_TIME="});
    INFO(told.err);
    CHECK(holds(told.err, "AWS_ACCESS_KEY_ID=hush-AWS_ACCESS_KEY_ID"));
    CHECK_FALSE(holds(told.err, "hush-AWS_SECRET"));
    CHECK(holds(told.err, "X=1=2"));
    CHECK_FALSE(holds(told.err, "LC_TIME=de"));
  }
  SECTION("what is not there cannot be passed on") {
    told = at.run(script, {"--env", "NOT_THERE"});
    CHECK(told.exit_code == 2);
    CHECK(holds(told.err, "--env NOT_THERE: there is no variable NOT_THERE"));
    told = at.run(script, {"--env", "=1"});
    CHECK(told.exit_code == 2);
    CHECK(holds(told.err, "--env wants NAME or NAME=value"));
  }
}

TEST_CASE("a connector cannot read the memory of the sidecar that started it") {
  desk at;
  // Root may look into everything, and nobody with fewer rights into a process
  // with more: both put theirs away.
  auto without_rights = [](std::vector<std::string> words) {
    if (::geteuid() == 0)
      words.insert(words.begin(), {"/usr/bin/setpriv", "--inh-caps=-all",
                                   "--bounding-set=-all"});
    return words;
  };
  watched_program run{without_rights(at.command(at.waiting_script())), at.env};
  REQUIRE(run.await("here I am"));
  auto look = without_rights(
      {"/bin/cat", "/proc/" + std::to_string(run.pid()) + "/environ"});
  auto looked = watched_program{look, at.env}.finish();
  CHECK(looked.exit_code != 0);
  CHECK_FALSE(holds(looked.out, "TMPDIR"));
  run.signal(SIGTERM);
  run.finish();
}
