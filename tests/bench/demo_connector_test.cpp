#include "bench/demo/line_file.hpp"
#include "support/demo_program.hpp"

#include <catch2/catch_all.hpp>

#include <chrono>
#include <fstream>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;

namespace {

using lines = std::vector<std::string>;
using row_counts = std::map<std::string, size_t>;

lines recorded() {
  lines all;
  auto file = line_file::open(recording_path("faker.jsonl.zst"));
  REQUIRE(file);
  for (;;) {
    auto line = file->next();
    REQUIRE(line);
    if (!line->has_value())
      return all;
    all.emplace_back(**line);
  }
}

lines rows_of(const lines& all, const std::string& stream) {
  lines rows;
  for (const auto& line : all)
    if (line.find(R"("record":{"stream":")" + stream + '"')
        != std::string::npos)
      rows.push_back(line);
  return rows;
}

json read_file(const std::string& path) {
  std::ifstream file{path};
  return json::parse(file);
}

std::string row(const std::string& stream, int id,
                const std::string& space = "") {
  json record{{"stream", stream}, {"data", {{"id", id}}}, {"emitted_at", 1}};
  if (!space.empty())
    record["namespace"] = space;
  return json{{"type", "RECORD"}, {"record", record}}.dump() + '\n';
}

std::string state_line(const std::string& stream, const json& value,
                       const std::string& space = "") {
  json descriptor{{"name", stream}};
  if (!space.empty())
    descriptor["namespace"] = space;
  json state{
      {"type", "STREAM"},
      {"stream", {{"stream_descriptor", descriptor}, {"stream_state", value}}}};
  return json{{"type", "STATE"}, {"state", state}}.dump() + '\n';
}

} // namespace

TEST_CASE("three syncs deliver a part, the rest and nothing") {
  demo_read first;
  auto one = first.run();
  CHECK(one.exit_code == 0);
  CHECK(one.err.empty());
  CHECK(one.rows()
        == row_counts{{"products", 100}, {"users", 2000}, {"purchases", 2000}});
  auto states = one.saved_states();
  auto two = demo_read{}.state(states).run();
  CHECK(two.exit_code == 0);
  CHECK(two.rows() == row_counts{{"users", 500}, {"purchases", 500}});
  auto three = demo_read{}.state(two.saved_states(states)).run();
  CHECK(three.exit_code == 0);
  CHECK(three.rows().empty());
  CHECK(three.of_type("STATE").empty());

  auto all = recorded();
  for (const std::string stream : {"products", "users", "purchases"}) {
    auto played = rows_of(one.lines, stream);
    for (const auto& line : rows_of(two.lines, stream))
      played.push_back(line);
    CHECK((played == rows_of(all, stream)));
    for (const auto* sync : {&one, &two, &three})
      CHECK(sync->statuses(stream) == lines{"STARTED", "RUNNING", "COMPLETE"});
  }
}

TEST_CASE("a run that plays a part says how much before the recorded log") {
  const auto first_line = [](const demo_output& played) {
    const auto& message = played.messages.at(0);
    return message["type"] == "LOG"
               ? message["log"]["message"].get<std::string>()
               : "";
  };
  const auto one = demo_read{}.run();
  CHECK(first_line(one).starts_with("This run plays 2000 of 2500 rows of users,"
                                    " 2000 of 2500 rows of purchases of a "
                                    "recording."));
  const auto states = one.saved_states();
  const auto two = demo_read{}.state(states).run();
  CHECK(first_line(two).starts_with("This run plays 0 of 100 rows of products, "
                                    "500 of 2500 rows of users, 500 of 2500 "
                                    "rows of purchases of a recording."));
  const auto users = demo_read{catalog_of({"users"})}.run();
  CHECK(first_line(users).starts_with(
      "This run plays 2000 of 2500 rows of users of a recording."));
}

TEST_CASE("a first part ends with the state that covers it") {
  auto played = demo_read{catalog_of({"users"})}.run();
  std::vector<std::string> order;
  for (const auto& message : played.messages)
    if (message["type"] == "RECORD" || message["type"] == "STATE")
      order.push_back(message["type"]);
  REQUIRE_FALSE(order.empty());
  CHECK(order.back() == "STATE");
  auto last = played.of_type("STATE").back();
  CHECK(last["state"]["stream"]["stream_state"]["loop_offset"] == 1500);
}

TEST_CASE("a whole play is the recording, byte for byte") {
  auto played = demo_read{}.with("whole", true).run();
  CHECK(played.exit_code == 0);
  CHECK((played.lines == recorded()));
}

TEST_CASE("a full refresh plays whole, whatever was saved") {
  auto every = catalog_of({"products", "users", "purchases"}, "full_refresh");
  auto states = demo_read{}.with("whole", true).run().saved_states();
  CHECK((demo_read{every}.run().lines == recorded()));
  CHECK((demo_read{every}.state(states).run().lines == recorded()));
}

TEST_CASE("a stream that is not selected leaves no trace") {
  auto played = demo_read{catalog_of({"users"})}.with("whole", true).run();
  CHECK(played.rows() == row_counts{{"users", 2500}});
  CHECK(played.of_type("STATE").size() == 5);
  CHECK(played.of_type("TRACE").size() == 4);
  CHECK(played.of_type("LOG").size() == 26);
  CHECK(played.statuses("products").empty());
  CHECK(played.statuses("purchases").empty());
}

TEST_CASE("\"no state\" can be written in several ways") {
  auto nothing = json::parse(
      R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},
        "stream_state":null}},
        {"type":"STREAM","stream":{"stream_descriptor":{"name":"purchases"},
        "stream_state":{}}}])");
  for (const auto& state : {json{}, json::object(), json::array(), nothing}) {
    INFO(state.dump());
    auto played = demo_read{}.state(state).run();
    CHECK(played.exit_code == 0);
    CHECK(played.rows().at("users") == 2000);
    CHECK(played.rows().at("purchases") == 2000);
  }
}

TEST_CASE("states are equal as values, whatever their spelling") {
  demo_read read{catalog_of({"users"})};
  auto path =
      read.folder().write("spelled.json",
                          R"([{"stream": {"stream_state": {"loop_offset": 1.5e3,
       "updated_at": "2026-11-20T23:07:52\u002b00:00", "seed": 42.0},
       "stream_descriptor": {"namespace": "", "name": "users"}},
       "type": "STREAM"}])");
  auto command = read.command();
  command.insert(command.end(), {"--state", path});
  command.erase(command.begin());
  auto played = demo(command);
  CHECK(played.exit_code == 0);
  CHECK(played.rows() == row_counts{{"users", 500}});
}

TEST_CASE("a state of a stream that is not selected is ignored") {
  auto other =
      json::array({json::parse(state_line("elsewhere", {{"id", 1}}))["state"]});
  auto played = demo_read{catalog_of({"users"})}.state(other).run();
  CHECK(played.exit_code == 0);
  CHECK(played.rows() == row_counts{{"users", 2000}});
}

TEST_CASE("equal names in two namespaces are two streams") {
  std::string text;
  for (int id = 0; id < 10; ++id) {
    text += row("t", id, "a") + row("t", id + 100, "b") + row("t", id + 200);
    text += state_line("t", id, "a") + state_line("t", id, "b");
  }
  auto catalog = catalog_of({"t"});
  catalog["streams"][0]["stream"]["namespace"] = "b";
  auto one = demo_read{catalog}.recording(text).run();
  CHECK(one.rows() == row_counts{{"t", 8}});
  for (const auto& message : one.of_type("RECORD"))
    CHECK(message["record"]["namespace"] == "b");
  auto states = one.saved_states();
  auto two = demo_read{catalog}.recording(text).state(states).run();
  CHECK(two.rows() == row_counts{{"t", 2}});
}

TEST_CASE("a state that comes again never costs a row") {
  std::string text;
  for (int id = 0; id < 10; ++id)
    text += row("t", id) + state_line("t", id < 4 ? json{id} : json("same"));
  auto catalog = catalog_of({"t"});
  auto one = demo_read{catalog}.recording(text).run();
  CHECK(one.rows() == row_counts{{"t", 4}});
  auto states = one.saved_states();
  auto two = demo_read{catalog}.recording(text).state(states).run();
  CHECK(two.rows() == row_counts{{"t", 6}});
  states = two.saved_states(states);
  auto three = demo_read{catalog}.recording(text).state(states).run();
  CHECK(three.rows().empty());
}

TEST_CASE("a stream that cannot be cut well plays whole") {
  std::string rows;
  for (int id = 0; id < 10; ++id)
    rows += row("t", id);
  for (const auto& text :
       {rows + state_line("t", 1), rows + state_line("t", 1) + row("t", 10),
        rows + state_line("t", 1) + state_line("t", 2),
        state_line("t", 1) + state_line("t", 2) + rows}) {
    auto played = demo_read{catalog_of({"t"})}.recording(text).run();
    CHECK(played.rows().at("t") >= 10);
    CHECK(played.of_type("STATE").size() >= 1);
  }
}

TEST_CASE("lines that are no messages are played as they stand") {
  lines expected{"WARN not json", R"({"type":"NEW"})", "", "{\"a\":[1,}",
                 R"({"type":"RECORD","record":{}})"};
  std::string text;
  for (const auto& line : expected)
    text += line + '\n';
  expected.push_back(row("t", 1));
  text += expected.back();
  expected.back().pop_back();
  auto played = demo_read{catalog_of({"t"})}.recording(text).run();
  CHECK(played.exit_code == 0);
  CHECK(played.lines == expected);
}

TEST_CASE("rows come no faster than asked") {
  auto start = std::chrono::steady_clock::now();
  auto played = demo_read{}
                    .with("rows_per_second", 100)
                    .with("stop_after_rows", 51)
                    .run();
  std::chrono::duration<double> taken =
      std::chrono::steady_clock::now() - start;
  CHECK(played.of_type("RECORD").size() == 51);
  CHECK(taken.count() >= 0.49);
}

TEST_CASE("spec describes a config that check accepts") {
  auto told = demo({"spec"});
  CHECK(told.exit_code == 0);
  REQUIRE(told.messages.size() == 1);
  const auto& schema = told.messages[0]["spec"]["connectionSpecification"];
  CHECK(schema["required"] == json{"recording"});
  for (auto key : {"recording", "catalog", "whole", "rows_per_second",
                   "exit_code", "stop_after_rows"})
    CHECK(schema["properties"].contains(key));

  auto config = recording_path("faker.config.json");
  auto keys = read_file(config);
  for (const auto& [key, value] : keys.items())
    CHECK(schema["properties"].contains(key));
  auto checked = demo({"check", "--config", config});
  CHECK(checked.exit_code == 0);
  REQUIRE(checked.messages.size() == 1);
  CHECK(checked.messages[0]["connectionStatus"]
        == json{{"status", "SUCCEEDED"}});
}

TEST_CASE("discover answers with the streams of the catalog it was given") {
  auto told =
      demo({"discover", "--config", recording_path("faker.config.json")});
  CHECK(told.exit_code == 0);
  REQUIRE(told.messages.size() == 1);
  auto expected = json::array();
  auto catalog = read_file(recording_path("faker.catalog.json"));
  for (const auto& entry : catalog["streams"])
    expected.push_back(entry["stream"]);
  CHECK(told.messages[0]["catalog"]["streams"] == expected);
}

TEST_CASE("discover infers types from the rows") {
  scratch_folder folder;
  json config{{"recording", recording_path("faker.jsonl.zst")}};
  auto told = demo(
      {"discover", "--config", folder.write("config.json", config.dump())});
  CHECK(told.exit_code == 0);
  REQUIRE(told.messages.size() == 1);
  const auto& streams = told.messages[0]["catalog"]["streams"];
  REQUIRE(streams.size() == 3);
  CHECK(streams[0]["name"] == "products");
  CHECK(streams[1]["supported_sync_modes"]
        == json{"full_refresh", "incremental"});
  const auto& user = streams[1]["json_schema"]["properties"];
  CHECK(user["age"] == json{{"type", "integer"}});
  CHECK(user["address"]["properties"]["city"] == json{{"type", "string"}});

  folder.write("mixed.jsonl",
               R"({"type":"RECORD","record":{"stream":"t","namespace":"n",)"
               R"("data":{"a":1,"b":null,"c":[1,"x"]},"emitted_at":1}})"
               "\n"
               R"({"type":"RECORD","record":{"stream":"t","namespace":"n",)"
               R"("data":{"a":1.5,"b":true},"emitted_at":1}})");
  config = {{"recording", "mixed.jsonl"}};
  told = demo(
      {"discover", "--config", folder.write("config.json", config.dump())});
  REQUIRE(told.messages.size() == 1);
  const auto& mixed = told.messages[0]["catalog"]["streams"][0];
  CHECK(mixed["namespace"] == "n");
  CHECK(mixed["supported_sync_modes"] == json::array({"full_refresh"}));
  CHECK(mixed["json_schema"] == json::parse(R"({"type":"object","properties":{
    "a":{"type":"number"},"b":{"type":["null","boolean"]},
    "c":{"type":"array","items":{"type":["integer","string"]}}}})"));
}
