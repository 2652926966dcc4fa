// Messages of a connector other than rows, states and statuses, and malformed
// ones.

#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade::test;
using nlohmann::json;

namespace {

struct bad_line {
  const char* fault;
  std::string line;
  /// Whether it is counted as a row of `users`.
  bool is_row = true;
};

std::vector<bad_line> bad_lines() {
  auto of = [](const std::string& data) {
    return record_line("users", data);
  };
  return {
      {"malformed_json", of(R"({"a":1,})")},
      {"malformed_json", of(R"({"a":NaN})")},
      {"malformed_json", of(R"({"a":01})")},
      {"malformed_json", of("{\"a\":1}").substr(0, 50) + "\n"},
      {"invalid_utf8", of("{\"a\":\"\xff\"}")},
      {"nul_byte", of(std::string("{\"a\":\"\0\"}", 9))},
      {"control_character", of("{\"a\":\"\x01\"}")},
      {"nesting_too_deep", of(std::string(1200, '[').insert(0, "{\"a\":")
                              + std::string(1200, ']') + "}")},
      {"missing_field", R"({"type":"RECORD","record":{"stream":"users"}})"
                        "\n"},
      {"wrong_type", of("[1]")},
      {"wrong_type", of("\"text\"")},
      {"row_too_long", of(R"({"a":")" + std::string(1 << 20, 'x') + "\"}")},
      {"line_too_long", of(R"({"a":")" + std::string(3 << 20, 'x') + "\"}")},
      {"unknown_stream", record_line("strangers", "{}"), false},
      {"missing_field",
       R"({"type":"STATE"})"
       "\n",
       false},
  };
}

} // namespace

TEST_CASE("a malformed line is reported, and the rest is delivered") {
  for (const auto& bad : bad_lines()) {
    sidecar_world world;
    world.env["MAX_LINE_BYTES"] = "2MiB";
    INFO(bad.fault << ": " << bad.line.substr(0, 120));
    auto before = record_line("users", R"({"n":1})");
    auto ended =
        world.play(before + bad.line + record_line("users", R"({"n":2})")
                   + status_line("users", "COMPLETE"));
    INFO(ended.err);
    CHECK(world.bulker.rows("users")
          == std::vector<std::string>{R"({"n":1})", R"({"n":2})"});
    CHECK(world.logged(std::string{bad.fault} + ":"));
    CHECK(world.logged("stdout line 2, byte "));
    CHECK(
        world.logged("1 line not delivered: " + std::string{bad.fault} + " 1"));
    auto task = world.task();
    CHECK(task.metrics["faults"] == json{{bad.fault, 1}});
    CHECK(task.metrics["lines"] == 4);
    CHECK(task.metrics["rows"] == (bad.is_row ? 3 : 2));
    CHECK(task.metrics["committed_rows"] == 2);
    CHECK(task.metrics["rejected_rows"] == (bad.is_row ? 1 : 0));
    // A row that is lost must not look like a success.
    CHECK(task.of("users") == (bad.is_row ? "PARTIAL" : "SUCCESS"));
  }
}

TEST_CASE("a row under Bulker's limit passes and one over it does not") {
  sidecar_world world;
  auto row_of = [](size_t size) {
    return R"({"a":")" + std::string(size - 8, 'x') + "\"}";
  };
  constexpr size_t longest = (1 << 20) - 1;
  world.play(record_line("users", row_of(longest))
             + record_line("users", row_of(longest + 1)));
  CHECK(world.bulker.rows("users")
        == std::vector<std::string>{row_of(longest)});
  CHECK(world.task().metrics["faults"] == json{{"row_too_long", 1}});
}

TEST_CASE("blank lines and foreign messages do no harm") {
  sidecar_world world;
  auto ended = world.play(
      "\n  \t\r\n" + record_line("users", "{}")
      + R"({"type":"FANFARE","fanfare":{"loud":true}})"
        "\n"
        R"({"type":"SPEC","spec":{"connectionSpecification":{}}})"
        "\n"
        R"({"type":"TRACE","trace":{"type":"ANALYTICS","emitted_at":1,)"
        R"("analytics":{"type":"pages","value":"12"}}})"
        "\n"
      + status_line("ghosts", "COMPLETE") + state_line("ghosts", "{}")
      + status_line("users", "COMPLETE"));
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.logged(R"({"type":"FANFARE","fanfare":{"loud":true}})"));
  CHECK(world.logged("message of type SPEC"));
  CHECK(world.level_of("ghosts, which the catalog does not name") == "WARN");
  CHECK(world.states().empty());
  // It is DEBUG, and DB_LOG_LEVEL is INFO by default.
  CHECK_FALSE(world.logged("analytics pages"));
}

TEST_CASE("lines of log keep their level, their text and their logger") {
  sidecar_world world{postgres_world()};
  auto ended = world.play(
      log_line("WARN", "a warning\nof two lines") + log_line("DEBUG", "unseen")
          + "not JSON at all\n" + "INFO by a Java framework\n"
          + R"({"type":"LOG","log":{"level":"FATAL","message":"boom",)"
            R"_("stack_trace":"at main()"}})_"
            "\n"
          + record_line("users", "{}"),
      "warning: from stderr\n[error] in brackets\nplain text\n"
      "  File \"x.py\"\n\xff\xfe bytes\n");
  INFO(ended.err);
  // Lines of log, of any level, do not change the status.
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.level_of("a warning\nof two lines") == "WARN");
  CHECK_FALSE(world.logged("unseen"));
  CHECK(world.level_of("not JSON at all") == "INFO");
  CHECK(world.level_of("INFO by a Java framework") == "INFO");
  CHECK(world.level_of("boom\nat main()") == "FATAL");
  CHECK(world.level_of("warning: from stderr") == "WARN");
  CHECK(world.level_of("[error] in brackets") == "ERROR");
  CHECK(world.level_of("plain text") == "WARN");
  CHECK(world.level_of("\uFFFD\uFFFD bytes") == "WARN");
  bool own = false;
  bool foreign = false;
  for (const auto& line : world.logs()) {
    own = own || line.logger == "sidecar";
    foreign = foreign || line.logger != "sidecar";
  }
  CHECK(own);
  CHECK(foreign);
}

TEST_CASE("DEBUG messages are kept if DB_LOG_LEVEL asks for them") {
  sidecar_world world;
  world.env["DB_LOG_LEVEL"] = "debug";
  world.play(R"({"type":"DEBUG","message":"page","data":{"n":3}})"
             "\n"
             R"({"type":"TRACE","trace":{"type":"ANALYTICS","emitted_at":1,)"
             R"("analytics":{"type":"pages","value":"12"}}})"
             "\n");
  CHECK(world.level_of(R"(page {"n":3})") == "DEBUG");
  CHECK(world.level_of("analytics pages") == "DEBUG");
}

TEST_CASE("lines of real connectors are taken as they are") {
  // The old CDK writes blanks and null namespaces; both write fractions in
  // times of traces and in counts of states.
  sidecar_world world;
  world.catalog(configured_catalog({"prices"}, "incremental"));
  auto ended = world.play(
      R"({"type": "TRACE", "trace": {"type": "STREAM_STATUS", )"
      R"("emitted_at": 1795243947127.1592, "stream_status": )"
      R"({"stream_descriptor": {"name": "prices", "namespace": null}, )"
      R"("status": "STARTED"}}})"
      "\n"
      R"({"type":"TRACE","trace":{"type":"ESTIMATE","emitted_at":1795243945370,)"
      R"("estimate":{"name":"prices","type":"STREAM","row_estimate":1,)"
      R"("byte_estimate":18000}}})"
      "\n"
      R"({"type": "RECORD", "record": {"stream": "prices", "data": )"
      R"({"id": 1, "price": 2.0, "born": null}, "emitted_at": 1795243947000}})"
      "\n"
      R"({"type":"STATE","state":{"type":"STREAM","stream":)"
      R"({"stream_descriptor":{"name":"prices"},"stream_state":{"seed":42}},)"
      R"("sourceStats":{"recordCount":1.0}}})"
      "\n"
      R"({"type": "TRACE", "trace": {"type": "STREAM_STATUS", )"
      R"("emitted_at": 1795243947128.9, "stream_status": )"
      R"({"stream_descriptor": {"name": "prices", "namespace": null}, )"
      R"("status": "COMPLETE"}}})"
      "\n");
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK_FALSE(world.task().metrics.contains("faults"));
  CHECK(world.level_of("records since the last state").empty());
  CHECK(
      world.bulker.rows("prices")
      == std::vector<std::string>{R"({"id": 1, "price": 2.0, "born": null})"});
  CHECK(world.states()["prices"] == R"({"seed":42})");
}

TEST_CASE("a changed config is reported by its keys and never by its values") {
  sidecar_world world;
  world.file("config.json",
             R"({"token":"old-hush","start":"2020","inner":{"a":1}})");
  auto ended = world.play(
      R"({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG",)"
      R"("emitted_at":1,"connectorConfig":{"config":{"token":"new-hush",)"
      R"("inner":{"a":1,"refresh":"deep-hush"}}}}})"
      "\n"
      // A broken one shows nothing, either.
      R"({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG",)"
      R"("emitted_at":1,"connectorConfig":{"config":{"token":"third-hush"})"
      "\n"
      + record_line("users", "{}"));
  CHECK(world.level_of("the connector changed its config") == "WARN");
  CHECK(world.logged("Changed: token; added: inner.refresh; the new config "
                     "lacks: start"));
  CHECK(world.task().metrics["faults"] == json{{"malformed_json", 1}});
  auto kept = world.database().query(
      "SELECT config, sync_id, key FROM source_config_update");
  REQUIRE(kept.size() == 1);
  CHECK(json::parse(kept[0][0].value())["inner"]["refresh"] == "deep-hush");
  CHECK(kept[0][1] == world.env["SYNC_ID"]);
  CHECK_FALSE(world.logged("hush"));
  CHECK(ended.err.find("hush") == std::string::npos);
}

TEST_CASE("the secrets of a config that no run could use are masked") {
  const auto* config = GENERATE(
      // A member that is there twice, numbers and texts that no parser takes.
      R"({"config":{"token":"first-hush","token":"other-hush"}})",
      R"({"config":{"n":1e400,"token":"first-hush","list":{"password":"other-hush"}}})",
      R"({"config":{"x":"\ud800","token":"first-hush","secret":"other-hush"}})",
      // Not of the protocol, and no JSON.
      R"({"config":[{"token":"first-hush"},{"api_key":"other-hush"}]})",
      R"({"conf":{"token":"first-hush","api_key":"other-hush"}})",
      R"({"config":{"token":"first-hush","api_key":"other-hush",,}})");
  INFO(config);
  sidecar_world world;
  world.file("config.json", R"({"token":"old-hush"})");
  const auto ended = world.play(
      R"({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG",)"
      R"("emitted_at":1,"connectorConfig":)"
      + std::string{config} + "}}\n"
      + R"({"type":"LOG","log":{"level":"INFO","message":"now first-hush"}})"
        "\n"
        "plain other-hush\n"
      + record_line("users", "{}"));
  CHECK(world.logged("now ***"));
  CHECK(world.logged("plain ***"));
  CHECK_FALSE(world.logged("hush"));
  CHECK(ended.err.find("hush") == std::string::npos);
}

TEST_CASE("a count that differs from the connector's is reported") {
  sidecar_world world;
  world.catalog(configured_catalog({"a", "b"}, "incremental"));
  world.play(record_lines("a", numbered_rows(0, 3)) + state_line("a", "{}", 5)
             + record_line("a", "{}") + state_line("a", "{}", 1)
             + record_line("b", "{}")
             + R"({"type":"STATE","state":{"type":"GLOBAL","global":)"
               R"({"stream_states":[]},"sourceStats":{"recordCount":7.0}}})"
               "\n");
  CHECK(world.level_of("stream a: the connector counts 5.0 records since "
                       "the last state, 3 came: 2 are missing")
        == "WARN");
  CHECK(world.logged("all streams: the connector counts 7.0 records since "
                     "the last state, 5 came: 2 are missing"));
  CHECK_FALSE(world.logged("counts 1.0 "));
  CHECK(world.task().description["a"]["error"]
        == "2 rows are missing: the connector counted more than came, see the "
           "task's log");
  CHECK_FALSE(world.task().description["b"].contains("error"));
}

TEST_CASE("a whole recording of a real connector arrives") {
  sidecar_world world{postgres_world()};
  auto read = [](const std::string& name) {
    std::ifstream file{std::string{RECORDINGS} + "/" + name};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  };
  world.file("catalog.json", read("faker.catalog.json"));
  world.env["EXIT_CODE_FILE"] = world.folder.path("exit-code");
  world.folder.write("play.json", json{{"recording", std::string{RECORDINGS}
                                                         + "/faker.jsonl.zst"},
                                       {"whole", true}}
                                      .dump());
  world.start();
  // As the container's shell does it, with its order of opening.
  auto environment = bare_environment();
  environment["AIRBYTE_ENTRYPOINT"] = DEMO_CONNECTOR;
  watched_program shell{{"/bin/sh", "-c",
                         "eval \"$AIRBYTE_ENTRYPOINT read --config "
                             + world.folder.path("play.json") + " --catalog "
                             + world.folder.path("config/catalog.json")
                             + "\" 2> " + world.env["STDERR_PIPE_FILE"] + " > "
                             + world.env["STDOUT_PIPE_FILE"]
                             + "; code=$?; echo $code > "
                             + world.env["EXIT_CODE_FILE"] + ".new && mv "
                             + world.env["EXIT_CODE_FILE"] + ".new "
                             + world.env["EXIT_CODE_FILE"]},
                        environment};
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(shell.finish().exit_code == 0);
  CHECK(ended.exit_code == 0);
  auto task = world.task();
  CHECK(task.status == "SUCCESS");
  CHECK(world.bulker.row_count("products") == 100);
  CHECK(world.bulker.row_count("users") == 2500);
  CHECK(world.bulker.row_count("purchases") == 2500);
  CHECK(json::parse(world.states()["users"]).at("loop_offset") == 2500);
  for (const auto& request : world.bulker.requests()) {
    CHECK(request.head.query_value("pk") == "id");
    auto schema = json::parse(request.head.header("x-jitsu-schema"));
    CHECK(schema.at("name") == request.table);
    CHECK_FALSE(schema.at("fields").empty());
  }
}

TEST_CASE("estimates are counted as progress and nothing else") {
  sidecar_world world;
  auto estimate = [](const std::string& rest) {
    return R"({"type":"TRACE","trace":{"type":"ESTIMATE","emitted_at":1.5,)"
           R"("estimate":{)"
           + rest + "}}}\n";
  };
  auto ended = world.play(
      estimate(R"("name":"users","type":"STREAM","row_estimate":10)")
      + estimate(R"("name":"all","type":"SYNC","byte_estimate":1e9)")
      + estimate(R"("name":"ghosts","type":"STREAM","row_estimate":10)")
      + record_line("users", "{}") + status_line("users", "COMPLETE"));
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.task().metrics.count("faults") == 0);
}
