// An Airbyte source that makes rows up, and ends as its config says: badly,
// mostly. What a real Pod is tried with.

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using nlohmann::json;

namespace {

constexpr auto description = R"({
  "type": "object", "required": ["key"], "additionalProperties": true,
  "properties": {
    "key": {"type": "string", "airbyte_secret": true,
            "description": "check refuses those that begin with wrong"},
    "rows": {"type": "integer", "default": 100,
             "description": "Each stream ends with the row of this id"},
    "rows_per_second": {"type": "number", "description": "0: all at once"},
    "rows_per_state": {"type": "integer", "default": 50},
    "ending": {"type": "string", "enum":
               ["complete", "crash", "memory", "silence", "error", "nothing"]},
    "after_rows": {"type": "integer",
                   "description": "So many rows come before that ending"},
    "turn": {"type": "integer",
             "description": "Each read says it, and a CONTROL makes it one more"},
    "look_for": {"type": "array", "items": {"type": "string"},
                 "description": "The parts of a text that must be nowhere"},
    "look_in": {"type": "array", "items": {"type": "string"},
                "description": "Folders to look in, besides what /proc tells"},
    "exit_code": {"type": "integer"}}})";

/// What all of a run's steps need.
struct script {
  json config;
  std::map<std::string, long> cursors;
  long rows_written = 0;
  std::chrono::steady_clock::time_point begin =
      std::chrono::steady_clock::now();
};

json read_file(const std::string& path) {
  std::ifstream file{path};
  return json::parse(file);
}

void say(const json& message) {
  std::cout << message.dump() << '\n';
}

void say_log(const std::string& text) {
  say({{"type", "LOG"}, {"log", {{"level", "INFO"}, {"message", text}}}});
}

bool holds(const std::filesystem::path& file, const std::string& text) {
  std::ifstream in{file, std::ios::binary};
  const std::string content{std::istreambuf_iterator<char>{in}, {}};
  return content.find(text) != std::string::npos;
}

/// Looks for the text among the arguments and variables of all processes, and
/// in all files of the folders that the config names; says where it is.
void look_around(const json& config) {
  namespace fs = std::filesystem;
  std::string text;
  for (const auto& part : config.at("look_for"))
    text += part.get<std::string>();
  size_t places = 0;
  size_t found = 0;
  const auto look = [&](const fs::path& file) {
    ++places;
    if (!holds(file, text))
      return;
    ++found;
    say_log("it is in " + file.string());
  };
  std::error_code none;
  for (const auto& process : fs::directory_iterator{"/proc"}) {
    const auto number = process.path().filename().string();
    if (number.find_first_not_of("0123456789") == std::string::npos)
      for (const auto* name : {"cmdline", "environ", "mountinfo"})
        look(process.path() / name);
  }
  for (const auto& folder : config.value("look_in", std::vector<std::string>{}))
    for (fs::recursive_directory_iterator
             at{folder, fs::directory_options::skip_permission_denied, none},
         end;
         at != end; at.increment(none)) {
      const auto path = at->path().string();
      if (path == "/proc" || path == "/sys" || path == "/dev")
        at.disable_recursion_pending();
      else if (at->is_regular_file(none))
        look(at->path());
    }
  say_log("looked in " + std::to_string(places)
          + " places: " + std::to_string(found) + " hold it");
}

void say_status(const std::string& stream, const std::string& status) {
  say({{"type", "TRACE"},
       {"trace",
        {{"type", "STREAM_STATUS"},
         {"emitted_at", 1'700'000'000'000},
         {"stream_status",
          {{"stream_descriptor", {{"name", stream}}}, {"status", status}}}}}});
}

void say_state(const std::string& stream, long cursor) {
  say({{"type", "STATE"},
       {"state",
        {{"type", "STREAM"},
         {"stream",
          {{"stream_descriptor", {{"name", stream}}},
           {"stream_state", {{"cursor", cursor}}}}}}}});
}

/// Takes memory and touches it, until somebody kills us.
[[noreturn]] void take_memory() {
  constexpr size_t step = 8 << 20;
  std::vector<char*> taken;
  for (;;) {
    auto* block = static_cast<char*>(std::malloc(step));
    if (block == nullptr)
      std::abort();
    std::memset(block, 'x', step);
    taken.push_back(block);
  }
}

/// Ends the process in the config's way, if that is not `complete`.
void end_badly(const script& now) {
  auto how = now.config.value("ending", "complete");
  if (how == "complete")
    return;
  std::cout << std::flush;
  auto code = now.config.value("exit_code", how == "nothing" ? 0 : 1);
  if (how == "memory")
    take_memory();
  if (how == "silence")
    for (;;)
      ::pause();
  if (how == "error")
    say({{"type", "TRACE"},
         {"trace",
          {{"type", "ERROR"},
           {"emitted_at", 1'700'000'000'000},
           {"error",
            {{"message", "the source said no"},
             {"internal_message", "HTTP 418"},
             {"failure_type", "config_error"}}}}}});
  if (how == "crash")
    std::cerr << "ERROR something broke in the connector\n";
  std::cout << std::flush;
  std::_Exit(code);
}

/// Waits until the next row is due, if the config wants rows to be slow.
void keep_pace(const script& now) {
  auto pace = now.config.value("rows_per_second", 0.0);
  if (pace <= 0)
    return;
  std::cout << std::flush;
  auto due = std::chrono::duration<double>(static_cast<double>(now.rows_written)
                                           / pace);
  auto when =
      now.begin
      + std::chrono::duration_cast<std::chrono::steady_clock::duration>(due);
  // Measured out by the config, nothing is waited for.
  std::this_thread::sleep_until(when);
}

void play(script& now, const std::string& stream) {
  auto rows = now.config.value("rows", 100L);
  auto rows_per_state = std::max(1L, now.config.value("rows_per_state", 50L));
  auto after = now.config.value("after_rows", -1L);
  say_status(stream, "STARTED");
  for (auto id = now.cursors[stream] + 1; id <= rows; ++id) {
    if (now.rows_written == after)
      end_badly(now);
    keep_pace(now);
    say({{"type", "RECORD"},
         {"record",
          {{"stream", stream},
           {"emitted_at", 1'700'000'000'000},
           {"data",
            {{"id", id}, {"name", stream + " " + std::to_string(id)}}}}}});
    ++now.rows_written;
    if (id % rows_per_state == 0 || id == rows)
      say_state(stream, id);
  }
  say_status(stream, "COMPLETE");
}

/// Says which turn it is, and gives a config for the next one.
void take_turn(const json& config) {
  if (!config.contains("turn"))
    return;
  const auto turn = config.at("turn").get<int>();
  say_log("turn " + std::to_string(turn));
  auto next = config;
  next["turn"] = turn + 1;
  say({{"type", "CONTROL"},
       {"control",
        {{"type", "CONNECTOR_CONFIG"},
         {"emitted_at", 1'700'000'000'000},
         {"connectorConfig", {{"config", next}}}}}});
}

void read(script& now, const json& catalog, const json& states) {
  if (states.is_array())
    for (const auto& state : states) {
      const auto& stream = state.at("stream");
      now.cursors[stream.at("stream_descriptor").at("name")] =
          stream.at("stream_state").at("cursor");
    }
  say_log("the scripted connector begins");
  std::cerr << "INFO a line of stderr\n";
  if (now.config.contains("look_for"))
    look_around(now.config);
  take_turn(now.config);
  for (const auto& stream : catalog.at("streams"))
    play(now, stream.at("stream").at("name"));
  if (now.config.value("after_rows", -1L) < 0
      || now.config.value("after_rows", -1L) >= now.rows_written)
    end_badly(now);
  say_log("the scripted connector ends");
}

void check(const script& now) {
  auto good = !now.config.value("key", "").starts_with("wrong");
  json status = {{"status", good ? "SUCCEEDED" : "FAILED"}};
  if (!good)
    status["message"] = "the key is wrong";
  say({{"type", "CONNECTION_STATUS"}, {"connectionStatus", status}});
}

void discover() {
  auto streams = json::array();
  for (const auto* name : {"users", "orders"})
    streams.push_back(
        {{"name", name},
         {"json_schema",
          {{"type", "object"},
           {"properties",
            {{"id", {{"type", "integer"}}}, {"name", {{"type", "string"}}}}}}},
         {"supported_sync_modes", {"full_refresh", "incremental"}},
         {"source_defined_cursor", true},
         {"source_defined_primary_key", {{"id"}}}});
  say({{"type", "CATALOG"}, {"catalog", {{"streams", streams}}}});
}

int run(const std::vector<std::string>& words) {
  auto find = [&words](const std::string& option) -> json {
    auto found = std::find(words.begin(), words.end(), option);
    return found == words.end() || found + 1 == words.end()
               ? json{}
               : read_file(*(found + 1));
  };
  auto is = [&words](const char* command) {
    return !words.empty() && words.front() == command;
  };
  if (is("spec")) {
    say({{"type", "SPEC"},
         {"spec", {{"connectionSpecification", json::parse(description)}}}});
    return 0;
  }
  script now{find("--config"), {}};
  if (is("read")) {
    read(now, find("--catalog"), find("--state"));
    return 0;
  }
  end_badly(now);
  if (is("check"))
    check(now);
  else if (is("discover"))
    discover();
  else
    return 2;
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  // The shell that started us waits; nothing needs to be put in order.
  std::signal(SIGTERM, SIG_DFL);
  try {
    auto code = run({argv + 1, argv + argc});
    std::cout << std::flush;
    return code;
  } catch (const std::exception& error) {
    std::cerr << "ERROR scripted-connector: " << error.what() << '\n';
    return 1;
  }
}
