// Which lines behind a config that began are its rest, and which are not.
#include "support/parsed_lines.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade::test;
using namespace std::string_literals;

namespace {

/// @returns what is shown of the lines of a connector's stdout and of the same
/// lines of its stderr; `-` stands for a line that is not shown.
std::vector<std::string> shown_lines(const std::string& text, bool is_stderr) {
  std::vector<std::string> out;
  auto add = [&out](const motorcade::log_batch& logs) {
    for (size_t i = 0; i < logs.size(); ++i) {
      auto line = std::string{logs[i].text};
      out.push_back(line.find("the rest of a") == std::string::npos ? line
                                                                    : "-");
    }
  };
  if (!is_stderr) {
    auto slab = parse_lines(text);
    if (slab->logs)
      add(*slab->logs);
    return out;
  }
  auto pool = std::make_shared<motorcade::slab_pool>(text.size());
  motorcade::slab_reader reader{pool, 64u << 20, nullptr};
  std::memcpy(reader.space().data(), text.data(), text.size());
  reader.filled(text.size());
  motorcade::text_context said{
      motorcade::log_line_levels{motorcade::log_level::warn}};
  while (auto each = reader.take_rest())
    add(*motorcade::slab_parser::parse_text(*each, nullptr, said));
  return out;
}

/// @returns a line as often as it is shown on both pipes: 0, 1 or 2.
int times_shown(const std::string& text, const std::string& line) {
  int times = 0;
  for (auto is_stderr : {false, true})
    for (const auto& each : shown_lines(text, is_stderr))
      times += each == line;
  return times;
}

/// @returns whole lines.
std::string join(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines)
    out.append(line).append("\n");
  return out;
}

const auto cause = "ERROR the true cause"s;

} // namespace

TEST_CASE("a JSON line of log that cites a config is kept whole",
          "[withheld]") {
  const struct {
    std::string line;
    std::string shown;
  } rows[] = {
      {R"({"level":"error","connectorConfig":{"host":"db","port":5},"msg":"x"})",
       R"({"level":"error","connectorConfig":{"host":"db","port":5},"msg":"x"})"},
      {R"({"level":"error","connectorConfig":{"host":"db","password":"hush"},"msg":"x"})",
       R"({"level":"error","connectorConfig":{"host":"db","password":"***"},"msg":"x"})"},
      {R"({"connectorConfig":{"config":{"host":"hush"}},"level":"warn"})",
       R"({"connectorConfig":{"config":"***"},"level":"warn"})"},
      {R"({"a":{"connector_config":{"config":{"a":"hush"},"b":1}},"c":{"connectorConfig":"hush"}})",
       R"({"a":{"connector_config":{"config":"***","b":1}},"c":{"connectorConfig":"***"}})"},
      {R"({"connectorConfig":null,"token":"hush"})",
       R"({"connectorConfig":null,"token":"***"})"},
      {R"(saving {"connectorConfig":{"config":{"a":"hush"}}} failed: 401)",
       R"(saving {"connectorConfig":{"config":"***"}} failed: 401)"},
      {R"(saving {} {"connectorConfig":{"config":{"a":"hush"}}} failed: 401)",
       R"(saving {} {"connectorConfig":{"config":"***"}} failed: 401)"},
  };

  for (const auto& [line, shown] : rows) {
    INFO(line);
    // The lines behind it are no rest of what is closed.
    for (const auto* behind : {"next", "ERROR the true cause", "  indented"})
      CHECK(times_shown(line + "\n" + behind + "\n", behind) == 2);
    CHECK(times_shown(line + "\nnext\n", shown) == 2);
    const auto log = R"({"type":"LOG","log":{"level":"INFO","message":)"
                     + motorcade::encode_json_string(line) + "}}\n";
    CHECK(shown_lines(log, false) == std::vector<std::string>{shown});
  }
}

TEST_CASE("a line behind a config that is closed is shown", "[withheld]") {
  for (
      const std::string config :
      {R"({"level":"info","sent":{"type":"CONTROL","control":{"config":{"a":"hush"}}}})",
       R"({"level":"info","msg":"{\"type\":\"CONTROL\",\"control\":{\"config\":{\"a\":\"hush\"}}}"})",
       R"(x {'type': 'CONTROL', 'control': {'connectorConfig': {'config': {'a': 'hush'}}}})",
       R"(AirbyteMessage(type=<Type.CONTROL: 'CONTROL'>, control=AirbyteControlMessage(config={'a': 'hush'})))",
       "{\n \"type\": \"CONTROL\",\n \"control\": {\n  \"a\": \"hush\"\n }\n}",
       "{\n \"type\": \"CONTROL\",\n\n \"control\": {\n  \"a\": \"hush\"\n "
       "}\n}",
       "INFO sent {\n \"control\": {\n  \"connectorConfig\": {\n   \"a\": "
       "\"hush\"\n  }\n },\n \"type\": \"CONTROL\"\n}",
       "x {\"type\":\"CONTROL\",\"control\":{\"a\":\n\"hush\"}}",
       "AirbyteMessage(\n  type=<Type.CONTROL: 'CONTROL'>,\n  "
       "control=Control(\n"
       "    config={'a': 'hush'}\n  )\n)",
       "{'type': 'CONTROL',\n 'control': {'connectorConfig': {'config': {'a':\n"
       " 'hush'}}}}"}) {
    INFO(config);
    CHECK(times_shown(config + "\nnext\n", "next") == 2);
    CHECK(times_shown(join({config, cause, "next"}), cause) == 2);
    for (auto is_stderr : {false, true})
      for (const auto& line : shown_lines(config + "\nnext\n", is_stderr))
        CHECK(line.find("hush") == std::string::npos);
  }
}

TEST_CASE("a logger's line behind a broken config is shown", "[withheld]") {
  for (
      const std::string cut :
      {R"(Reading {"type":"CONTROL")", R"({"type":"CONTROL","control":{)",
       R"({"type":"CONTROL","control":{"connectorConfig":{"config":{"a":"hu)",
       R"(x {'type': 'CONTROL', 'control': {'connectorConfig': {'config': {'a')",
       "{\n \"type\": \"CONTROL\",\n \"control\": {\n", "connectorConfig:"}) {
    INFO(cut);
    for (const std::string line :
         {"ERROR the true cause", "ERROR: the \"true\" cause {a: 1}",
          "2024-01-01 00:00:00 Starting", "2024-01-01 00:00:00 [main] WARN x",
          "[2024-01-01 00:00:00] Starting", "root - ERROR - x",
          "time=2024-01-01 level=error msg=x", "ValueError: no",
          "Traceback (most recent call last):", "panic: no",
          R"({"level":"error","msg":"no"})", "npm ERR! code E404",
          "E1128 12:00:00.000000 7 a.go:3] x"}) {
      INFO(line);
      CHECK(times_shown(join({cut, line}), line) == 2);
      // Its trace and words are shown, too.
      CHECK(times_shown(join({cut, line, "\tat a.b(C.java:3)"}),
                        "\tat a.b(C.java:3)")
            == 2);
      CHECK(times_shown(join({cut, line, "was refused by the host"}),
                        "was refused by the host")
            == 2);
    }
  }
}

TEST_CASE("the rest of a config is not shown", "[withheld]") {
  const std::string heads[] = {
      R"(Reading {"type":"CONTROL","control":{"connectorConfig":{"config":{)",
      R"({"type":"CONTROL","control":{"connectorConfig":{"config":{"a":")",
      "{\n \"type\": \"CONTROL\",\n \"control\": {",
      "INFO sent {\n \"control\": {\n  \"connectorConfig\": {",
      "DEBUG sent {\n \"control\": {\n  \"connectorConfig\": {",
      "type: CONTROL\nconnectorConfig:",
      "{'type': 'CONTROL',\n 'control': {'connectorConfig': {"};
  const std::string rests[] = {
      R"(  "a": "hush",)",
      "hush",
      "  hush",
      R"(INFO","token":"hush"}}}})",
      "INFO', 'token': 'hush'}}}}",
      R"(2024-01-01T00:00:00Z","token":"hush"}}}})",
      R"(2024-01-01 00:00:00","token":"hush")",
      "  ERROR: hush",
      "  level: error, a: hush",
      "  \"b\": {}, \"c\": [],\n  \"a\": \"hush\"",
      "  \"b\": {\n  },\n  \"a\": \"hush\"",
      "  \"b\": \"}}}}}}\",\n  \"a\": \"hush\"",
      "  'b': '}}}}}}',\n  'a': 'hush'",
      "  \"b\": \"-----BEGIN KEY-----\nhush\nhush/hush=\n-----END KEY-----\"",
      "\n\n  \"a\": \"hush\"",
      "say \"}}\" \"hi\" }}\", \"b\":\n\"hush\"",
  };
  for (const auto& head : heads)
    for (const auto& rest : rests) {
      // Without and with a line of a logger in between.
      for (const auto& between : {""s, "\n2024-01-01 00:00:00 ERROR no"s}) {
        const auto text = join({head + between, rest});
        INFO(text);
        for (auto is_stderr : {false, true})
          for (const auto& line : shown_lines(text, is_stderr))
            CHECK(line.find("hush") == std::string::npos);
      }
    }
}

TEST_CASE("a message ends what is not shown", "[withheld]") {
  const auto state =
      R"({"type":"STATE","state":{"type":"GLOBAL","global":{"stream_states":[]}}})"s;
  const auto row =
      R"({"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}})"s;
  for (const auto& message : {state, row, "text before " + row}) {
    INFO(message);
    CHECK(times_shown("Reading {\"type\":\"CONTROL\"\n" + message
                          + "\nplain words\n",
                      "plain words")
          == 2);
  }
  std::string many = "Reading {\"type\":\"CONTROL\"\n";
  for (int i = 0; i < 500; ++i)
    many += "words\n";
  CHECK(times_shown(many + "behind\n", "words") == 0);
  CHECK(times_shown(many + "behind\n", "behind") == 2);
}
