// `sidecar run` for spec, check and discover, and for trying a destination.
#include "support/run_desk.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>
#include <fstream>

using namespace motorcade::test;
using nlohmann::json;

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

TEST_CASE("an answer that cannot be printed is no success") {
  desk at;
  const auto config = at.folder.path("config.json");
  const auto found = at.folder.path("found.json");
  const std::string words[] = {
      "run --command spec",
      "run --command check --config " + config,
      "run --command check --to file://" + at.folder.path("tables"),
      "run --command discover --config " + config + " --save-catalog " + found,
      "--version",
  };
  for (const auto* where : {"> /dev/full", ">&-"})
    for (const auto& one : words) {
      CAPTURE(where, one);
      const auto connector = one.starts_with("run") && !one.ends_with("tables")
                                 ? " -- " DEMO_CONNECTOR
                                 : "";
      const auto ended = watched_program{{"/bin/sh", "-c",
                                          std::string{"exec "} + SIDECAR + " "
                                              + one + " " + where + connector},
                                         at.env}
                             .finish();
      CHECK(ended.exit_code == 1);
      CHECK(holds(ended.err, "what was to be printed could not be written"));
    }
  CHECK_FALSE(std::filesystem::exists(found));
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
