// spec, check and discover beside a connector: what is answered, and what is
// not.

#include "support/holds.hpp"
#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>
#include <thread>

using namespace motorcade::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

const std::string spec_line =
    R"({"type":"SPEC","spec":{"connectionSpecification":{"type":"object"}}})"
    "\n";
const std::string good_line =
    R"({"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}})"
    "\n";
const std::string bad_line =
    R"({"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"no such host"}})"
    "\n";
const std::string catalog_line =
    R"({"type":"CATALOG","catalog":{"streams":[{"name":"users"}]}})"
    "\n";
const std::string good_status = "SELECT status, description FROM source_check";

/// A sidecar for one of those commands.
struct inquiry_world : sidecar_world {
  explicit inquiry_world(const std::string& what,
                         world_ptr database = sqlite_world())
      : sidecar_world{std::move(database)} {
    env["COMMAND"] = what;
    env["STORAGE_KEY"] = "the-key";
    env.erase("SYNC_ID");
    env.erase("BULKER_URL");
    env["EXIT_CODE_FILE"] = folder.path("exit-code");
  }

  /// Plays a connector that says this and ends so.
  program_result answer(const std::string& out, int code = 0,
                        const std::string& err = {}) {
    write_exit_code(code);
    return play(out, err);
  }

  /// @returns the cells of the only row; NULL as `-`.
  std::vector<std::string> row(const std::string& query) {
    auto rows = database().query(query);
    REQUIRE(rows.size() == 1);
    std::vector<std::string> cells;
    for (const auto& cell : rows[0])
      cells.push_back(cell.value_or("-"));
    return cells;
  }
};

using cells_of = std::vector<std::string>;

} // namespace

TEST_CASE("each command's answer goes to its table, in both databases") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  SECTION("spec") {
    inquiry_world world{"spec", make()};
    CHECK(world.answer(spec_line).exit_code == 0);
    auto row =
        world.row("SELECT package, version, specs, error FROM source_spec");
    CHECK(row[0] == world.env["PACKAGE"]);
    CHECK(row[1] == world.env["PACKAGE_VERSION"]);
    CHECK(json::parse(row[2])
          == json::parse(R"({"connectionSpecification":{"type":"object"}})"));
    CHECK(row[3] == "-");
  }
  SECTION("check") {
    inquiry_world world{"check", make()};
    CHECK(world.answer(good_line).exit_code == 0);
    CHECK(world.row("SELECT key, status, description FROM source_check")
          == cells_of{"the-key", "SUCCESS", "-"});
  }
  SECTION("discover") {
    inquiry_world world{"discover", make()};
    CHECK(world.answer(catalog_line).exit_code == 0);
    auto row = world.row("SELECT key, status, description, catalog FROM "
                         "source_catalog");
    CHECK(row[1] == "SUCCESS");
    CHECK(json::parse(row[3])["streams"][0]["name"] == "users");
  }
}

TEST_CASE("a check tries the destination, with a connector or alone") {
  struct trial {
    bool usable;
    /// What the connector prints; null: there is none.
    const char* out;
    const char* status;
    const char* description;
  };

  for (const auto& [usable, out, status, description] : {
           trial{true, nullptr, "SUCCESS", "-"},
           {false, nullptr, "FAILED", "destination: "},
           {true, good_line.c_str(), "SUCCESS", "-"},
           {true, bad_line.c_str(), "FAILED", "no such host"},
           {false, good_line.c_str(), "FAILED", "destination: "},
           {false, bad_line.c_str(), "FAILED", "destination: "},
       }) {
    CAPTURE(usable, out, status);
    inquiry_world world{"check"};
    const auto path = world.folder.path(usable ? "rows.db" : "missing/rows.db");
    world.env["DESTINATION_CONFIG_FILE"] = world.folder.write(
        "destinationConfig.json",
        json{{"destinationType", "sqlite"}, {"path", path}}.dump());
    if (out == nullptr)
      for (const auto* none :
           {"STDOUT_PIPE_FILE", "STDERR_PIPE_FILE", "EXIT_CODE_FILE"})
        world.env.erase(none);
    if (out == nullptr)
      world.start();
    const auto ended = out == nullptr ? world.finish() : world.answer(out);
    CHECK(ended.exit_code == 0);
    const auto row =
        world.row("SELECT key, status, description FROM source_check");
    CHECK(row[0] == "the-key");
    CHECK(row[1] == status);
    CHECK(row[2].starts_with(description));
    if (!usable)
      CHECK(holds(row[2], "rows.db"));
  }
}

TEST_CASE("a check of an unsupported destinationType is FAILED and names it") {
  inquiry_world world{"check"};
  world.env["DESTINATION_CONFIG_FILE"] = world.folder.write(
      "destinationConfig.json", R"({"destinationType":"snowflake"})");
  for (const auto* none :
       {"STDOUT_PIPE_FILE", "STDERR_PIPE_FILE", "EXIT_CODE_FILE"})
    world.env.erase(none);
  world.start();
  CHECK(world.finish().exit_code == 0);
  const auto row = world.row("SELECT status, description FROM source_check");
  CHECK(row[0] == "FAILED");
  CHECK(holds(row[1], "snowflake"));
}

TEST_CASE("a check's status and reason follow from answer and exit code") {
  struct ending {
    std::string out;
    int code;
    int exit_code;
    const char* status;
    const char* description;
  };

  const auto error = error_line("the key is wrong", "config_error");
  for (const auto& [out, code, exit_code, status, description] : {
           ending{good_line, 0, 0, "SUCCESS", "-"},
           {good_line, 1, 0, "SUCCESS", "-"},
           {error + good_line, 1, 0, "SUCCESS", "-"},
           {"garbage\n{\"type\":\n" + good_line, 0, 0, "SUCCESS", "-"},
           {good_line + bad_line, 0, 0, "SUCCESS", "-"},
           {bad_line, 0, 0, "FAILED", "no such host"},
           {bad_line + good_line, 0, 0, "FAILED", "no such host"},
           {spec_line, 0, 1, "FAILED", "it answered SPEC"},
           {error, 0, 1, "FAILED", "the key is wrong"},
           {error, 1, 1, "FAILED",
            "the key is wrong (config_error, exit code 1)"},
           {"", 0, 1, "FAILED", "no CONNECTION_STATUS came"},
           {"", 3, 1, "FAILED", "exit code 3"},
           {"", 137, 1, "FAILED",
            "was ended by SIGKILL, perhaps for want of memory"},
           {log_line("ERROR", "out of cheese"), 1, 1, "FAILED",
            "out of cheese"},
       }) {
    CAPTURE(out, code);
    inquiry_world world{"check"};
    auto ended = world.answer(out, code);
    INFO(ended.err);
    CHECK(ended.exit_code == exit_code);
    auto row = world.row(good_status);
    CHECK(row[0] == status);
    CHECK(holds(row[1], description));
    // Nothing is added to an answer.
    if (exit_code == 0 && row[0] == "FAILED")
      CHECK(row[1] == "no such host");
  }
}

TEST_CASE("stderr is the reason if there is no better one, and it is logged") {
  inquiry_world world{"spec"};
  auto ended =
      world.answer("", 1, "Traceback\nImportError: no module named x\n");
  CHECK(ended.exit_code == 1);
  CHECK(holds(world.row("SELECT error FROM source_spec")[0],
              "ImportError: no module named x"));
  CHECK(world.logged("ImportError: no module named x"));
  CHECK(world.row("SELECT DISTINCT task_id FROM task_log")[0]
        == world.env["TASK_ID"]);
}

TEST_CASE("a secret of the sidecar's own is shown nowhere") {
  inquiry_world world{"check"};
  world.env["BULKER_AUTH_TOKEN"] = "hush-hush-hush";
  auto ended =
      world.answer(error_line("401 for hush-hush-hush", "config_error"), 1);
  CHECK(holds(world.row(good_status)[1], "401 for "));
  CHECK_FALSE(holds(world.row(good_status)[1], "hush"));
  CHECK_FALSE(holds(ended.out + ended.err, "hush"));
  CHECK_FALSE(world.logged("hush"));
}

TEST_CASE("lines of log are stored while the connector runs") {
  inquiry_world world{"discover", postgres_world()};
  world.start();
  auto connector = world.connect();
  connector.out(log_line("INFO", "looking at table 1"));
  connector.err("WARN slow today\n");
  REQUIRE(world.await("SELECT count(*) FROM task_log WHERE message LIKE "
                      "'looking at%' OR message LIKE '%slow today'",
                      "2"));
  REQUIRE(world.await("SELECT status FROM source_catalog", "RUNNING"));
  CHECK_FALSE(world.sidecar().ended());
  connector.out(catalog_line);
  connector.close();
  world.write_exit_code(0);
  CHECK(world.finish().exit_code == 0);
}

TEST_CASE("SIDECAR_FILE_TIMEOUT_MINUTES ends a connector that never answers") {
  inquiry_world world{"check"};
  world.env["SIDECAR_FILE_TIMEOUT_MINUTES"] = "0.02";
  world.start();
  auto connector = world.connect();
  connector.out(log_line("INFO", "connecting"));
  auto ended = world.finish();
  CHECK(ended.exit_code == 2);
  auto row = world.row(good_status);
  CHECK(row[0] == "FAILED");
  CHECK(holds(row[1], "SIDECAR_FILE_TIMEOUT_MINUTES"));
  CHECK(holds(row[1], "printed last: connecting"));
  CHECK(world.logged("connecting"));
}

TEST_CASE("SIDECAR_FILE_TIMEOUT_WITHIN_SYNC_MINUTES counts if SYNC_ID is set") {
  inquiry_world world{"check"};
  world.env["SYNC_ID"] = "sync";
  world.env["SIDECAR_FILE_TIMEOUT_WITHIN_SYNC_MINUTES"] = "0.02";
  world.start();
  auto connector = world.connect();
  CHECK(world.finish().exit_code == 2);
  CHECK(
      holds(world.row(good_status)[1],
            "SIDECAR_FILE_TIMEOUT_WITHIN_SYNC_MINUTES), and printed nothing"));
}

TEST_CASE("a connector that writes for ever is ended in time") {
  inquiry_world world{"spec"};
  world.env["SIDECAR_FILE_TIMEOUT_MINUTES"] = "0.03";
  world.env["DB_LOG_LEVEL"] = "ERROR";
  world.env["LOG_LEVEL"] = "error";
  world.start();
  auto connector = world.connect();
  auto lines = log_line("INFO", std::string(1000, 'x'));
  while (connector.out(lines)) {}
  auto ended = world.finish();
  CHECK(ended.exit_code == 2);
  CHECK(ended.peak_memory < uint64_t{64} << 20);
}

TEST_CASE("a connector that answers and lives on does not hold its answer") {
  inquiry_world world{"check"};
  world.start();
  auto connector = world.connect();
  connector.out(good_line);
  SECTION("its exit code is there, and a child holds its pipes") {
    world.write_exit_code(0);
    CHECK(world.finish().exit_code == 0);
    CHECK(world.row(good_status)[0] == "SUCCESS");
    CHECK(world.logged("another process holds its output open"));
  }
  SECTION("it closes stdout alone, and then is stopped") {
    connector.close_out();
    REQUIRE(world.await("SELECT count(*) FROM task_log", "1"));
    world.sidecar().signal(SIGTERM);
    CHECK(world.finish().exit_code == 0);
    // The answer came before the signal did.
    CHECK(world.row(good_status)[0] == "SUCCESS");
  }
}

TEST_CASE("a discover stopped before its answer is FAILED as cancelled") {
  inquiry_world world{"discover", postgres_world()};
  world.start();
  auto connector = world.connect();
  REQUIRE(world.await("SELECT status FROM source_catalog", "RUNNING"));
  world.sidecar().signal(SIGTERM);
  CHECK(world.finish().exit_code == 0);
  auto row = world.row("SELECT status, description FROM source_catalog");
  CHECK(row == cells_of{"FAILED", "the task was cancelled"});
}

TEST_CASE("50,000 lines on stderr are all stored before a late answer") {
  inquiry_world world{"check"};
  world.env["LOG_LEVEL"] = "error";
  constexpr int lines = 50'000;
  world.start();
  auto connector = world.connect();
  std::thread flood{[&] {
    std::string some;
    for (int i = 0; i < lines; ++i)
      some += "INFO flood " + std::to_string(i) + "\n";
    connector.err(some);
    connector.close_err();
  }};
  flood.join();
  connector.out(good_line);
  connector.close();
  world.write_exit_code(0);
  auto ended = world.finish();
  CHECK(ended.exit_code == 0);
  CHECK(
      world.row("SELECT count(*) FROM task_log WHERE message LIKE '%flood%'")[0]
      == std::to_string(lines));
  CHECK(ended.peak_memory < uint64_t{64} << 20);
}

TEST_CASE("a catalog of 50 MB arrives whole, in both databases") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  inquiry_world world{"discover", make()};
  json catalog = {{"streams", json::array()}};
  for (int i = 0; i < 50; ++i)
    catalog["streams"].push_back({{"name", "s" + std::to_string(i)},
                                  {"filler", std::string(1'000'000, 'x')}});
  auto ended = world.answer(
      json{{"type", "CATALOG"}, {"catalog", catalog}}.dump() + "\n");
  INFO(ended.err.substr(0, 1000));
  CHECK(ended.exit_code == 0);
  auto row = world.row("SELECT status, catalog FROM source_catalog");
  CHECK(row[0] == "SUCCESS");
  // Compared by hand: a difference of 50 MB is nothing to print.
  CHECK((json::parse(row[1]) == catalog));
}

TEST_CASE("a discover that fails leaves the stored catalog") {
  inquiry_world world{"discover"};
  CHECK(world.answer(catalog_line).exit_code == 0);
  CHECK(world.answer("", 1).exit_code == 1);
  auto row = world.row("SELECT status, catalog FROM source_catalog");
  CHECK(row[0] == "FAILED");
  CHECK(holds(row[1], "users"));
}
