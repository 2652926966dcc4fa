#include "support/demo_program.hpp"

#include <sstream>

namespace motorcade::test {

using nlohmann::json;

namespace {

demo_output read_output(const program_result& ended) {
  demo_output output;
  output.exit_code = ended.exit_code;
  output.err = ended.err;
  std::istringstream text{ended.out};
  for (std::string line; std::getline(text, line);) {
    auto message = json::parse(line, nullptr, false);
    if (message.is_object())
      output.messages.push_back(std::move(message));
    output.lines.push_back(std::move(line));
  }
  return output;
}

} // namespace

std::vector<json> demo_output::of_type(const std::string& type) const {
  std::vector<json> found;
  for (const auto& message : messages)
    if (message.at("type") == type)
      found.push_back(message);
  return found;
}

std::map<std::string, size_t> demo_output::rows() const {
  std::map<std::string, size_t> counts;
  for (const auto& message : of_type("RECORD"))
    ++counts[message.at("record").at("stream").get<std::string>()];
  return counts;
}

std::vector<std::string>
demo_output::statuses(const std::string& stream) const {
  std::vector<std::string> found;
  for (const auto& message : of_type("TRACE")) {
    const auto& trace = message.at("trace");
    if (trace.at("type") == "STREAM_STATUS"
        && trace.at("stream_status").at("stream_descriptor").at("name")
               == stream)
      found.push_back(trace["stream_status"]["status"].get<std::string>());
  }
  return found;
}

json demo_output::saved_states(const json& earlier) const {
  std::map<std::string, json> last;
  auto keep = [&](const json& state) {
    const auto& of_stream = state.at("stream");
    auto key = of_stream.at("stream_descriptor").dump();
    last[key] = {{"type", "STREAM"}, {"stream", of_stream}};
  };
  for (const auto& state : earlier)
    keep(state);
  for (const auto& message : of_type("STATE"))
    keep(message.at("state"));
  auto states = json::array();
  for (const auto& [key, state] : last)
    states.push_back(state);
  return states;
}

std::string recording_path(const std::string& name) {
  return std::string{RECORDINGS} + '/' + name;
}

json catalog_of(const std::vector<std::string>& streams,
                const std::string& sync_mode) {
  json catalog{{"streams", json::array()}};
  for (const auto& stream : streams)
    catalog["streams"].push_back(
        {{"stream",
          {{"name", stream},
           {"json_schema", json::object()},
           {"supported_sync_modes", {"full_refresh", "incremental"}}}},
         {"sync_mode", sync_mode},
         {"destination_sync_mode", "append"}});
  return catalog;
}

demo_output demo(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{DEMO_CONNECTOR};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return read_output(run_program(command));
}

demo_read::demo_read(const json& catalog)
    : config_{{"recording", recording_path("faker.jsonl.zst")}} {
  folder_.write("catalog.json", catalog.dump());
}

demo_read& demo_read::with(const std::string& key, const json& value) {
  config_[key] = value;
  return *this;
}

demo_read& demo_read::recording(const std::string& text) {
  folder_.write("recording.jsonl", text);
  return with("recording", "recording.jsonl");
}

demo_read& demo_read::state(const json& states) {
  folder_.write("state.json", states.dump());
  with_state_ = true;
  return *this;
}

std::vector<std::string> demo_read::command() const {
  std::vector<std::string> command{
      DEMO_CONNECTOR, "read",
      "--config",     folder_.write("config.json", config_.dump()),
      "--catalog",    folder_.path("catalog.json")};
  if (with_state_) {
    command.push_back("--state");
    command.push_back(folder_.path("state.json"));
  }
  return command;
}

demo_output demo_read::run() const {
  return read_output(run_program(command()));
}

} // namespace motorcade::test
