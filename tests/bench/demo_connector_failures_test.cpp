#include "support/demo_program.hpp"

#include <catch2/catch_all.hpp>

#include <fstream>
#include <iterator>

#include <csignal>

using namespace motorcade::test;
using nlohmann::json;

namespace {

std::string recorded_bytes() {
  std::ifstream file{recording_path("faker.jsonl.zst"), std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

json state_of(const std::string& stream, const json& value) {
  return json::array({{{"type", "STREAM"},
                       {"stream",
                        {{"stream_descriptor", {{"name", stream}}},
                         {"stream_state", value}}}}});
}

/// Expects a run that did nothing but say why not.
void expect_config_error(const demo_output& ended, const std::string& reason) {
  CHECK(ended.exit_code == 1);
  CHECK(ended.err.find(reason) != std::string::npos);
  REQUIRE(ended.lines.size() == 1);
  REQUIRE(ended.messages.size() == 1);
  const auto& trace = ended.messages[0].at("trace");
  CHECK(trace.at("type") == "ERROR");
  CHECK(trace.at("emitted_at").is_number_float());
  CHECK(trace.at("error").at("failure_type") == "config_error");
  auto message = trace.at("error").at("message").get<std::string>();
  INFO(message);
  CHECK(message.find(reason) != std::string::npos);
}

} // namespace

TEST_CASE("a state that was never recorded is an error, and is not shown") {
  auto ended =
      demo_read{}.state(state_of("users", {{"token", "s3cret"}})).run();
  expect_config_error(ended, "the state of stream users");
  CHECK(ended.err.find("s3cret") == std::string::npos);
  CHECK(ended.lines[0].find("s3cret") == std::string::npos);
}

TEST_CASE("a state that is no array of STREAM states is an error") {
  auto legacy = json{{"users", {{"id", 1}}}};
  auto global = json::array(
      {{{"type", "GLOBAL"}, {"global", {{"stream_states", json::array()}}}}});
  auto untyped = state_of("users", 1);
  untyped[0].erase("type");
  expect_config_error(demo_read{}.state(legacy).run(), "not an array");
  expect_config_error(demo_read{}.state(global).run(), "type STREAM");
  expect_config_error(demo_read{}.state(untyped).run(), "type STREAM");
  expect_config_error(demo_read{}.state(json::array({1})).run(), "type STREAM");
}

TEST_CASE("a catalog that cannot be played is an error") {
  auto modeless = catalog_of({"users"});
  modeless["streams"][0].erase("sync_mode");
  auto nameless = catalog_of({"users"});
  nameless["streams"][0]["stream"].erase("name");
  expect_config_error(demo_read{catalog_of({"invoices"})}.run(),
                      "stream invoices of the catalog");
  expect_config_error(demo_read{modeless}.run(), "sync_mode of stream users");
  expect_config_error(demo_read{nameless}.run(), "names no stream");
  expect_config_error(demo_read{json::array()}.run(), "array named streams");
}

TEST_CASE("a config that makes no sense is an error") {
  struct wrong_value {
    const char* key;
    json value;
  };

  for (const auto& [key, value] : std::vector<wrong_value>{
           {"recording", 1},
           {"recording", ""},
           {"catalog", true},
           {"whole", "yes"},
           {"rows_per_second", 0},
           {"rows_per_second", "100"},
           {"exit_code", 256},
           {"exit_code", -1},
           {"stop_after_rows", 0},
           {"stop_after_rows", 1.5},
       }) {
    INFO(key << " = " << value.dump());
    expect_config_error(demo_read{}.with(key, value).run(),
                        std::string{"the config's "} + key);
  }
  scratch_folder folder;
  auto catalog = recording_path("faker.catalog.json");
  auto read = [&](const std::string& config) {
    return demo({"read", "--config", config, "--catalog", catalog});
  };
  expect_config_error(read(folder.path("none.json")), "cannot read");
  expect_config_error(read(folder.path("")), "cannot read");
  expect_config_error(read(folder.write("a", "{")), "is not JSON");
  expect_config_error(read(folder.write("b", "[]")), "not a JSON object");
  expect_config_error(read(folder.write("c", "{}")), "where the recording");
}

TEST_CASE("a key that means nothing is a warning") {
  auto ended = demo_read{}.with("rows", 5).run();
  CHECK(ended.exit_code == 0);
  CHECK(ended.messages.at(0)["log"]["level"] == "WARN");
}

TEST_CASE("check and read agree on a recording that cannot be played") {
  auto bytes = recorded_bytes();
  REQUIRE(bytes.size() > 1'000);
  auto global = R"({"type":"STATE","state":{"type":"GLOBAL","global":{}}})";

  struct bad_file {
    std::string name;
    std::string content;
    std::string reason;
  };

  for (const auto& [name, content, reason] : std::vector<bad_file>{
           {"cut.jsonl.zst", bytes.substr(0, bytes.size() - 100),
            "ends within a zstd frame"},
           {"text.jsonl.zst", "{\"type\":\"LOG\"}\n", "not zstd"},
           {"global.jsonl", global, "STATE of no single stream"},
       }) {
    INFO(name);
    demo_read read;
    read.folder().write(name, content);
    read.with("recording", name);
    expect_config_error(read.run(), reason);
    auto checked =
        demo({"check", "--config", read.folder().path("config.json")});
    CHECK(checked.exit_code == 0);
    REQUIRE(checked.messages.size() == 1);
    const auto& status = checked.messages[0].at("connectionStatus");
    CHECK(status.at("status") == "FAILED");
    CHECK(status.at("message").get<std::string>().find(reason)
          != std::string::npos);
  }
}

TEST_CASE("check fails, in words, if something is missing") {
  scratch_folder folder;
  auto status = [&](const json& config) {
    auto checked =
        demo({"check", "--config", folder.write("config.json", config.dump())});
    CHECK(checked.exit_code == 0);
    REQUIRE(checked.messages.size() == 1);
    return checked.messages[0].at("connectionStatus");
  };
  auto recording = recording_path("faker.jsonl.zst");
  auto missing = status({{"recording", "none.jsonl"}});
  CHECK(missing.at("status") == "FAILED");
  CHECK(missing.at("message").get<std::string>().find("none.jsonl")
        != std::string::npos);
  CHECK(status({}).at("status") == "FAILED");
  CHECK(status({{"recording", recording}, {"catalog", "none"}}).at("status")
        == "FAILED");
  folder.write("empty.jsonl", "");
  CHECK(status({{"recording", "empty.jsonl"}}).at("status") == "FAILED");
}

TEST_CASE("discover says why it cannot") {
  scratch_folder folder;
  auto discover = [&](const json& config) {
    return demo(
        {"discover", "--config", folder.write("config.json", config.dump())});
  };
  expect_config_error(discover({{"recording", "none.jsonl"}}), "none.jsonl");
  folder.write("wrong.json", "{\"streams\":[{}]}");
  expect_config_error(
      discover({{"recording", "none.jsonl"}, {"catalog", "wrong.json"}}),
      "is not a catalog");
}

TEST_CASE("exit_code comes after the whole recording") {
  auto ended = demo_read{}.with("exit_code", 7).run();
  CHECK(ended.exit_code == 7);
  CHECK(ended.of_type("RECORD").size() == 4100);
  CHECK(ended.statuses("purchases").back() == "COMPLETE");
}

TEST_CASE("stop_after_rows breaks off without completing") {
  auto ended = demo_read{}.with("stop_after_rows", 150).run();
  CHECK(ended.exit_code == 1);
  CHECK(ended.of_type("RECORD").size() == 150);
  CHECK(ended.messages.back().at("type") == "RECORD");
  CHECK(ended.statuses("products").back() == "COMPLETE");
  CHECK(ended.statuses("users").back() == "RUNNING");
  CHECK(ended.err.find("150 rows") != std::string::npos);
  auto with_code =
      demo_read{}.with("stop_after_rows", 150).with("exit_code", 0).run();
  CHECK(with_code.exit_code == 0);
  CHECK(with_code.of_type("RECORD").size() == 150);
  auto never = demo_read{}.with("stop_after_rows", 4101).run();
  CHECK(never.exit_code == 0);
  CHECK(never.of_type("RECORD").size() == 4100);
}

TEST_CASE("SIGTERM ends the connector quietly, asleep or at work") {
  SECTION("between two rows") {
    demo_read read;
    child_program child{read.with("rows_per_second", 0.001).command()};
    child.await_line();
    REQUIRE(::kill(child.pid(), SIGTERM) == 0);
    auto ended = child.finish();
    CHECK(ended.exit_code == 143);
    CHECK(ended.err.empty());
  }
  SECTION("within a write that nobody reads") {
    demo_read read;
    child_program child{read.command()};
    child.await_full_pipe();
    REQUIRE(::kill(child.pid(), SIGTERM) == 0);
    auto ended = child.finish();
    CHECK(ended.exit_code == 143);
    CHECK(ended.err.empty());
  }
}

TEST_CASE("a reader that goes away ends the connector quietly") {
  demo_read read;
  child_program child{read.command()};
  child.await_line();
  child.close_out();
  auto ended = child.finish();
  CHECK(ended.exit_code == 1);
  CHECK(ended.err.empty());
}

TEST_CASE("--debug may stand anywhere, and explains the plan") {
  demo_read read;
  auto command = read.command();
  command.erase(command.begin());
  for (size_t at = 0; at <= command.size(); at += command.size()) {
    auto with_debug = command;
    with_debug.insert(with_debug.begin() + static_cast<ptrdiff_t>(at),
                      "--debug");
    auto ended = demo(with_debug);
    CHECK(ended.exit_code == 0);
    CHECK(ended.messages.at(1)["log"]["level"] == "DEBUG");
    CHECK(ended.of_type("RECORD").size() == 4100);
  }
  command.insert(command.begin() + 1, "--debug");
  CHECK(demo(command).of_type("RECORD").size() == 4100);
}

TEST_CASE("a malformed command line is refused with code 2") {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {},
           {"write"},
           {"read"},
           {"check"},
           {"read", "--config", "a"},
           {"spec", "--nonsense"},
       }) {
    auto ended = demo(arguments);
    CHECK(ended.exit_code == 2);
    CHECK(ended.lines.empty());
    CHECK_FALSE(ended.err.empty());
  }
  CHECK(demo({"--help"}).exit_code == 0);
}
