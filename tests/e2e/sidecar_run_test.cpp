// `sidecar run`, as a person types it.
#include "support/run_desk.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace motorcade::test;
using nlohmann::json;
using namespace std::chrono_literals;

TEST_CASE("a connector runs three times, each from where it stopped") {
  desk at;
  auto first = at.run({DEMO_CONNECTOR});
  INFO(first.out << first.err);
  CHECK(first.exit_code == 0);
  CHECK(at.rows("products") == 100);
  CHECK(at.rows("users") == 2000);
  CHECK(at.rows("purchases") == 2000);
  CHECK(holds(first.out, "SUCCESS"));
  CHECK(holds(first.out, "2,000"));
  CHECK(holds(first.out, at.folder.path("tables/users.ndjson.zst")));
  CHECK(holds(first.out, at.folder.path("tasks.db")));
  CHECK_FALSE(holds(first.err, "going on from"));

  auto second = at.run({DEMO_CONNECTOR});
  INFO(second.out << second.err);
  CHECK(second.exit_code == 0);
  CHECK(holds(second.err, "going on from the state of the last sync"));
  CHECK(at.rows("users") == 2500);
  CHECK(at.rows("purchases") == 2500);
  CHECK(at.rows("products") == 100);

  auto third = at.run({DEMO_CONNECTOR});
  INFO(third.out << third.err);
  CHECK(third.exit_code == 0);
  CHECK(at.rows("users") == 2500);

  SECTION("another sync id starts afresh") {
    // The tables belong to the first sync.
    auto refused = at.run({DEMO_CONNECTOR}, {"--sync-id", "other"});
    CHECK(refused.exit_code == 2);
    CHECK(holds(refused.err, "belongs to the sync"));
    CHECK_FALSE(holds(refused.err, "going on from"));
    CHECK(at.rows("users") == 2500);
    at.env["TABLE_NAME_PREFIX"] = "other_";
    auto other = at.run({DEMO_CONNECTOR}, {"--sync-id", "other"});
    INFO(other.err);
    CHECK(other.exit_code == 0);
    CHECK(at.rows("other_users") == 2000);
  }
  SECTION("FULL_SYNC starts afresh") {
    at.env["FULL_SYNC"] = "true";
    auto full = at.run({DEMO_CONNECTOR});
    CHECK(full.exit_code == 0);
    CHECK_FALSE(holds(full.err, "going on from"));
    CHECK(at.rows("users") == 2000);
  }
}

TEST_CASE("--state is where a run starts") {
  desk at;
  auto state = at.folder.write(
      "state.json",
      R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},)"
      R"("stream_state":{"seed":42,"updated_at":"x","loop_offset":0}}}])");
  auto connector = at.script("for word; do echo \"INFO $word\" >&2; done\n");
  auto ended = at.run(connector, {"--state", state});
  INFO(ended.err);
  CHECK(holds(ended.err, "going on from " + state));
  CHECK(holds(ended.err, "INFO --state"));
  SECTION("one that is none") {
    at.folder.write("state.json", "[12]");
    auto refused = at.run(connector, {"--state", state});
    CHECK(refused.exit_code == 2);
    CHECK(holds(refused.err, state + ": state[0]"));
  }
}

TEST_CASE("a connector that does not exist is named") {
  desk at;
  auto ended = at.run({"/nowhere/connector"});
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 3);
  CHECK(holds(ended.out, "cannot run /nowhere/connector: No such file"));
  CHECK(holds(ended.out, "FAILED"));
}

TEST_CASE("a connector's bad end is reported") {
  desk at;
  auto exit_with = GENERATE(3, 137);
  auto text = "echo 'ERROR out of luck' >&2\n";
  auto how = exit_with == 137 ? std::string{"kill -9 $$\n"}
                              : "exit " + std::to_string(exit_with) + "\n";
  auto ended = at.run(at.script(text + how));
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 3);
  CHECK(holds(ended.out, "exit code " + std::to_string(exit_with)));
  CHECK(holds(ended.out, "out of luck"));
  CHECK_FALSE(std::filesystem::exists(at.folder.path("tables/users")));
}

TEST_CASE("the exit code tells the cause") {
  desk at;

  struct row {
    const char* command;
    const char* script;
    int wanted;
    const char* printed;
  };

  constexpr auto failed =
      R"(echo '{"type":"CONNECTION_STATUS","connectionStatus":)"
      R"({"status":"FAILED","message":"no such host"}}')";
  constexpr auto succeeded =
      R"(echo '{"type":"CONNECTION_STATUS","connectionStatus":)"
      R"({"status":"SUCCEEDED"}}')";
  constexpr auto trace =
      R"(echo '{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,)"
      R"("error":{"message":"the key s3cret-of-run is wrong",)"
      R"("failure_type":"config_error"}}}'; exit 1)";
  const std::vector<row> rows = {
      {"check", succeeded, 0, R"({"status":"SUCCEEDED"})"},
      {"check", failed, 1, R"({"status":"FAILED","message":"no such host"})"},
      {"check",
       R"(echo '{"type":"CONNECTION_STATUS","connectionStatus":)"
       R"({"status":"FAILED","message":""}}')",
       1, R"({"status":"FAILED","message":"the)"},
      {"check", "exit 7", 3, R"({"status":"FAILED","message":")"},
      {"check", "exit 0", 3, R"({"status":"FAILED","message":")"},
      {"check", trace, 3,
       R"({"status":"FAILED","message":"the key *** is wrong (config_error)"},
      {"discover", "exit 0", 3, ""},
      {"read", "exit 1", 3, "FAILED"},
      {"read", "kill -9 $$", 3, "FAILED"},
      {"read", trace, 3, "the key *** is wrong"},
  };
  at.folder.write("config.json", R"({"api_key":"s3cret-of-run"})");
  // A destination that can be used leaves the code to the connector.
  std::vector<std::string> destination;
  if (GENERATE(false, true))
    destination = {
        "--destination-config",
        at.folder.write("to.json", R"({"destinationType":"file","folder":")"
                                       + at.folder.path("tables") + "\"}")};
  for (const auto& [command, script, wanted, printed] : rows) {
    std::vector<std::string> more = {"--command", command};
    more.insert(more.end(), destination.begin(), destination.end());
    auto ended = at.run(at.script(script), more);
    INFO(command << " of " << script << ": " << ended.out << ended.err);
    CHECK(ended.exit_code == wanted);
    CHECK(holds(ended.out, printed));
    CHECK_FALSE(holds(ended.out + ended.err, "s3cret-of-run"));
    if (wanted == 1)
      CHECK(holds(ended.err, "E sidecar: check ended as FAILED"));
  }
}

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

TEST_CASE("of a config with more secrets than can be masked nothing is told") {
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

TEST_CASE("--debug stands where Airbyte's CDK takes it") {
  desk at;
  auto connector =
      at.script("echo '{\"type\":\"LOG\",\"log\":{\"level\":\"DEBUG\","
                "\"message\":\"'\"$1 $2\"'\"}}'\n");
  auto words = GENERATE(0, 1);
  auto ended = words == 0 ? at.run(connector, {"--debug"})
                          : at.run({connector[0], "--debug"}, {"--debug"});
  INFO(ended.err);
  CHECK(holds(ended.err, "D source: read --debug"));
}

TEST_CASE("a stack trace is printed once, each line with its level") {
  desk at;
  constexpr auto text =
      R"(Traceback (most recent call last):\n  File \"x\", line 1\n)"
      R"(ValueError: the cause)";
  auto lines = std::string{text};
  auto connector = at.script(
      "cat <<'END'\n"
      R"({"type":"LOG","log":{"level":"FATAL","message":"it broke\n)"
      + lines + R"("}})"
      + "\n"
        R"({"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":)"
        R"({"message":"it broke","stack_trace":")"
      + lines + R"("}}})"
      + "\nEND\nprintf 'Traceback (most recent call last):\\n  File \"x\", "
        "line 1\\nValueError: the cause\\n' >&2\nexit 1\n");
  auto ended = at.run(connector);
  INFO(ended.out << ended.err);
  auto all = ended.out + ended.err;
  size_t count = 0;
  for (size_t i = 0; (i = all.find("Traceback (most", i)) != std::string::npos;
       ++i)
    ++count;
  CHECK(count == 1);
  CHECK(holds(ended.err, "F source: it broke\n"));
  // Which pipe brings the trace first is not known: with it comes its level.
  auto level = holds(ended.err, "F source: ValueError") ? "F" : "E";
  CHECK(
      holds(ended.err, std::string{level} + " source:   File \"x\", line 1\n"));
  CHECK(holds(ended.err,
              std::string{level} + " source: ValueError: the cause\n"));
}

TEST_CASE("spec, check and discover print what the connector answers") {
  desk at;
  auto ask = [&](const std::vector<std::string>& words,
                 const std::vector<std::string>& connector) {
    std::vector<std::string> command = {SIDECAR, "run"};
    command.insert(command.end(), words.begin(), words.end());
    command.emplace_back("--");
    command.insert(command.end(), connector.begin(), connector.end());
    auto ended = watched_program{command, at.env}.finish();
    CHECK(std::filesystem::is_empty(at.folder.path("tmp")));
    return ended;
  };
  auto config = at.folder.path("config.json");
  auto spec = ask({"--command", "spec"}, {DEMO_CONNECTOR});
  CHECK(spec.exit_code == 0);
  CHECK(json::parse(spec.out).contains("connectionSpecification"));
  auto check =
      ask({"--command", "check", "--config", config}, {DEMO_CONNECTOR});
  CHECK(check.exit_code == 0);
  CHECK(json::parse(check.out)["status"] == "SUCCEEDED");
  auto refused = ask({"--command", "spec"}, at.script("echo no >&2; exit 3\n"));
  CHECK(refused.exit_code == 3);
  CHECK(refused.out.empty());
  CHECK(holds(refused.err, "(exit code 3): no"));
  at.folder.write("broken.json", "{}");
  auto failed =
      ask({"--command", "check", "--config", at.folder.path("broken.json")},
          {DEMO_CONNECTOR});
  CHECK(failed.exit_code == 1);
  CHECK(json::parse(failed.out)["status"] == "FAILED");

  SECTION("a changed config is written into a file of its owner alone") {
    auto changing = at.script(
        R"(echo '{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG",'\
'"emitted_at":1,"connectorConfig":{"config":{"token":"n3w"}}}}'
echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}'
)");
    // The old one may be replaced.
    for (const auto& out : {at.folder.path("new.json"), config}) {
      auto changed =
          ask({"--command", "check", "--config", config, "--config-out", out},
              changing);
      CHECK(changed.exit_code == 0);
      CHECK_FALSE(holds(changed.err, "n3w"));
      std::ifstream file{out};
      CHECK(json::parse(file) == json{{"token", "n3w"}});
      CHECK((std::filesystem::status(out).permissions()
             & std::filesystem::perms::all)
            == (std::filesystem::perms::owner_read
                | std::filesystem::perms::owner_write));
    }
    auto lost = ask({"--command", "check", "--config", config, "--config-out",
                     "/nowhere/new.json"},
                    changing);
    CHECK(lost.exit_code == 2);
    CHECK(holds(lost.err, "--config-out: there is no folder /nowhere"));
  }

  SECTION("a discover makes the catalog of a read") {
    at.catalog = at.folder.path("found.json");
    auto discover =
        ask({"--command", "discover", "--config", config, "--save-catalog",
             at.catalog, "--select", "users,products"},
            {DEMO_CONNECTOR});
    CHECK(discover.exit_code == 0);
    CHECK(json::parse(discover.out)["streams"].size() == 3);
    CHECK(at.run({DEMO_CONNECTOR}).exit_code == 0);
    CHECK(at.rows("users") > 0);
    CHECK(at.rows("products") > 0);
    CHECK(at.rows("purchases") == 0);
  }
  SECTION("a stream that is not there is named") {
    auto discover =
        ask({"--command", "discover", "--config", config, "--save-catalog",
             at.folder.path("c.json"), "--select", "nobody"},
            {DEMO_CONNECTOR});
    CHECK(discover.exit_code == 2);
    CHECK(holds(discover.err, "there is no stream \"nobody\""));
    CHECK_FALSE(std::filesystem::exists(at.folder.path("c.json")));
  }
}

TEST_CASE("a full refresh brings everything again, whatever was saved") {
  desk at;
  // As the low-code CDK does: who has a state is told what is new, alone.
  auto connector = at.script(R"(
row() {
  echo '{"type":"RECORD","record":{"stream":"t","data":{"id":'$1'},"emitted_at":1}}'
}
case "$*" in *--state*) ;; *) row 1; row 2 ;; esac
row 3
echo '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":'\
'{"name":"t"},"stream_state":{"id":3}}}}'
)");
  auto catalog = [&](const std::string& mode) {
    at.catalog = at.folder.write(
        mode + ".json",
        json{{"streams",
              {{{"stream", {{"name", "t"}, {"json_schema", json::object()}}},
                {"sync_mode", mode},
                {"destination_sync_mode", "overwrite"}}}}}
            .dump());
  };
  catalog("full_refresh");
  for (int i = 0; i < 2; ++i) {
    CHECK(at.run(connector).exit_code == 0);
    CHECK(at.rows("t") == 3);
  }
  // Told by hand to do otherwise, it says what comes of it.
  auto state = at.folder.write(
      "state.json", R"([{"type":"STREAM","stream":{"stream_descriptor":)"
                    R"({"name":"t"},"stream_state":{"id":3}}}])");
  auto warned = at.run(connector, {"--state", state});
  CHECK(holds(warned.err, "stream t is read in full, and the connector was "
                          "given a state of it"));
  CHECK(at.rows("t") == 1);
  // An incremental read goes on.
  catalog("incremental");
  CHECK(at.run(connector).exit_code == 0);
  CHECK(at.rows("t") == 2);
}

TEST_CASE("init makes pipes that all users may open, again and again") {
  desk at;
  auto folder = at.folder.path("pipes");
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  for (int i = 0; i < 2; ++i) {
    auto made = watched_program{{SIDECAR, "init", folder}, at.env}.finish();
    INFO(made.err);
    CHECK(made.exit_code == 0);
    for (const auto* name : {"/stdout", "/stderr"}) {
      auto status = std::filesystem::status(folder + name);
      CHECK(status.type() == std::filesystem::file_type::fifo);
      CHECK(static_cast<int>(status.permissions()) == 0666);
    }
    CHECK(static_cast<int>(std::filesystem::status(folder).permissions())
          == 0777);
    CHECK_FALSE(std::filesystem::exists(folder + "/exit-code"));
    // Files of an earlier run must not count.
    at.folder.write("pipes/exit-code", "0");
  }
  auto lost = watched_program{{SIDECAR, "init", "/nowhere"}, at.env}.finish();
  CHECK(lost.exit_code == 1);
  CHECK(holds(lost.err, "/nowhere"));
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

TEST_CASE("wrong words are named, with exit code 2") {
  desk at;
  auto expect = [&](const std::vector<std::string>& words,
                    const std::string& reason) {
    auto ended = watched_program{words, at.env}.finish();
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 2);
    CHECK(holds(ended.err, reason));
    CHECK(std::filesystem::is_empty(at.folder.path("tmp")));
  };
  auto with = [&](size_t at_word, const std::string& word) {
    auto words = at.command({DEMO_CONNECTOR});
    words[at_word] = word;
    return words;
  };
  expect({SIDECAR, "run"}, "-- CONNECTOR [ARGS…], the connector's program");
  expect({SIDECAR, "run", "--", DEMO_CONNECTOR},
         "--config is required for read");
  expect({SIDECAR, "walk"}, "walk");
  expect(with(3, "/nowhere/config.json"), "/nowhere/config.json");
  expect(with(5, "/nowhere/catalog.json"), "/nowhere/catalog.json");
  expect(with(5, at.folder.path("config.json")), "config.json: ");
  expect(with(7, "ftp://somewhere"), "--to: ");
  expect(with(7, "file:///proc/nowhere"), "/proc/nowhere");
  expect(with(9, "sqlite:///nowhere/at/all.db"), "/nowhere/at/all.db");
  expect(with(9, "mysql://me:hush@here/db"), "--database: ");
  expect(at.command({DEMO_CONNECTOR}, {"--command", "walk"}), "walk");
  expect(at.command({DEMO_CONNECTOR}, {"--save-catalog", "x"}),
         "--save-catalog is for discover");
  expect(at.command({DEMO_CONNECTOR}, {"--select", "x"}), "--select says");
  expect({SIDECAR, "run", "--command", "check", "--", DEMO_CONNECTOR},
         "--config is required for check");
}

TEST_CASE("--help and --version say what there is") {
  auto help = run_program({SIDECAR, "--help"});
  CHECK(help.exit_code == 0);
  CHECK(holds(help.out, "run"));
  auto run_help = run_program({SIDECAR, "run", "--help"});
  CHECK(run_help.exit_code == 0);
  for (const auto* option : {"--config", "--catalog", "--state", "--to",
                             "--database", "--env", "--sync-id"})
    CHECK(holds(run_help.out, option));
  auto version = run_program({SIDECAR, "--version"});
  CHECK(version.exit_code == 0);
  CHECK(holds(version.out, "motorcade sidecar 0."));
}

TEST_CASE("on a terminal a line shows the progress") {
  desk at;
  at.folder.write(
      "config.json",
      json{{"recording", recording}, {"whole", true}, {"rows_per_second", 2500}}
          .dump());
  std::string line;
  for (const auto& word : at.command({DEMO_CONNECTOR}))
    line += "'" + word + "' ";
  auto ended =
      watched_program{{"/usr/bin/script", "-qec", line, "/dev/null"}, at.env}
          .finish();
  INFO(ended.out);
  CHECK(ended.exit_code == 0);
  CHECK(holds(ended.out, "\r\x1b[K"));
  CHECK(holds(ended.out, "/3 streams, "));
  CHECK(holds(ended.out, " rows/s"));
  // The line is gone before the table, whose lines are whole.
  auto table = ended.out.find("stream     status");
  REQUIRE(table != std::string::npos);
  CHECK(ended.out.find("rows/s", table) == std::string::npos);
  CHECK((ended.out[table - 1] == '\n' || ended.out[table - 1] == 'K'));
  for (const auto* start : {"\nproducts ", "\nusers ", "\npurchases "})
    CHECK(ended.out.find(start, table) != std::string::npos);
  CHECK(ended.out.find("SUCCESS\r\n", table) != std::string::npos);
}

TEST_CASE("a check of --to tries the destination") {
  desk at;
  auto check = [&](const std::vector<std::string>& more) {
    std::vector<std::string> command = {SIDECAR, "run", "--command", "check"};
    command.insert(command.end(), more.begin(), more.end());
    return watched_program{command, at.env}.finish();
  };
  const auto tables = at.folder.path("tables");
  SECTION("alone") {
    for (const auto& to : {tables, "sqlite://" + at.folder.path("rows.db")}) {
      const auto ended = check({"--to", to});
      INFO(to << ended.err);
      CHECK(ended.exit_code == 0);
      CHECK(json::parse(ended.out) == json{{"status", "SUCCEEDED"}});
    }
    CHECK(std::filesystem::is_empty(tables));
  }
  SECTION("by a destinationConfig that names no place") {
    const auto config = at.folder.write(
        "to.json", R"({"destinationType":"postgres","password":"hush"})");
    const auto ended = check({"--destination-config", config});
    CHECK(ended.exit_code == 2);
    CHECK(json::parse(ended.out)["status"] == "FAILED");
    CHECK_FALSE(holds(ended.out + ended.err, "hush"));
  }
  SECTION("which cannot be used, so that the connector is not started") {
    const auto file = at.folder.write("file", "");
    const auto ended = check({"--to", "sqlite://" + file + "/rows.db",
                              "--config", at.folder.path("config.json"), "--",
                              "touch", at.folder.path("started")});
    INFO(ended.err);
    CHECK(ended.exit_code == 1);
    const auto answer = json::parse(ended.out);
    CHECK(answer["status"] == "FAILED");
    CHECK(holds(answer["message"], "destination: "));
    CHECK(holds(answer["message"], "rows.db"));
    CHECK_FALSE(std::filesystem::exists(at.folder.path("started")));
  }
  SECTION("and the connector, whose answer is printed") {
    const auto ended =
        check({"--to", tables, "--config", at.folder.path("config.json"), "--",
               DEMO_CONNECTOR});
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(json::parse(ended.out)["status"] == "SUCCEEDED");
    CHECK(std::filesystem::is_empty(tables));
  }
  SECTION("or there must be a connector") {
    const auto ended = check({"--config", at.folder.path("config.json")});
    CHECK(ended.exit_code == 2);
    CHECK(holds(ended.err, "-- CONNECTOR"));
    CHECK(holds(ended.err, "--to or --destination-config"));
  }
}

TEST_CASE("what a connector says when it is ended, or leaves in its pipes, is "
          "not lost") {
  struct row {
    std::string what;
    /// Printed without a newline once everything is complete.
    std::string tail;
    /// Printed by the connector as SIGTERM comes.
    std::string last_words;
    std::string result;
    size_t rows;
  };

  const auto record = record_line("users", R"({"n":9})");
  const auto whole = record.substr(0, record.size() - 1);
  const row table[] = {
      {"nothing", "", "", "SUCCESS", 1},
      {"a row without its newline", whole, "", "SUCCESS", 2},
      {"a row that breaks off", whole.substr(0, whole.size() - 5), "",
       "PARTIAL: stream users: 1 row was rejected", 1},
      {"text", "so long", "", "SUCCESS", 1},
      {"a row at the very end", "", record, "SUCCESS", 2},
      {"both", whole, "\n" + record, "SUCCESS", 3},
  };
  for (const auto& [what, tail, last_words, result, rows] : table) {
    INFO(what);
    desk at;
    at.catalog =
        at.folder.write("catalog.json", configured_catalog({"users"}).dump());
    at.env["SOURCE_EXIT_TIMEOUT_SECONDS"] = "1";
    auto ended = at.run(at.script(
        "bye() {\nprintf '%s' '" + last_words
        + "'\nexit 0\n}\ntrap bye TERM\nprintf '%s' '"
        + record_line("users", R"({"n":1})") + status_line("users", "COMPLETE")
        + "'\nprintf '%s' '" + tail + "'\nprintf '%s' 'so long, too' >&2\n"
        + "while :; do sleep 0.1; done\n"));
    INFO(ended.out << ended.err);
    CHECK(holds(ended.out, ": " + result));
    CHECK(at.rows("users") == rows);
    CHECK(holds(ended.err, "so long, too"));
  }
}
