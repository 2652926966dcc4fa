// An Airbyte source that plays what a real one once printed.

#include "bench/demo/demo_config.hpp"
#include "bench/demo/message_writer.hpp"
#include "bench/demo/playback.hpp"
#include "bench/demo/recording.hpp"
#include "bench/demo/schema_inference.hpp"
#include "runtime/base/standard_files.hpp"
#include "schema/json/json_tree.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

using namespace motorcade;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

struct arguments {
  std::string config;
  std::string catalog;
  std::string state;
  bool debug = false;
};

// A broken pipe arrives as an error of write(); a handler that sets a flag
// would race with a write() that is about to block, so SIGTERM ends at once.
void prepare_signals() {
  struct sigaction action = {};
  action.sa_handler = [](int) {
    ::_exit(143);
  };
  ::sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

/// Says why the command failed.
/// @returns the exit code.
int fail(const failure& why, message_writer& out) {
  // The reader has gone, so there is nothing to report to it.
  if (why.code == ec::cancelled)
    return 1;
  std::fprintf(stderr, "demo-connector: %s\n", why.what.c_str());
  auto written = out.line(error_message(why));
  if (written)
    written = out.flush();
  if (!written && written.error().code != ec::cancelled)
    std::fprintf(stderr, "demo-connector: %s\n", written.error().what.c_str());
  return 1;
}

/// Writes the one message that answers spec, check or discover.
int answer(const ordered_json& message, message_writer& out) {
  auto text = write_json(message);
  auto written = out.line(text);
  if (written)
    written = out.flush();
  return written ? 0 : fail(written.error(), out);
}

/// @returns the path of a recording beside this program, named as it is with
/// `.jsonl.zst` behind; empty: there is none.
std::string own_recording() {
  std::error_code error;
  auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  path += ".jsonl.zst";
  return !error && std::filesystem::is_regular_file(path, error)
             ? path.string()
             : std::string{};
}

int spec(message_writer& out) {
  auto schema = demo_config_schema();
  // With this default the demo runs without a config.
  if (auto recording = own_recording(); !recording.empty())
    schema["properties"]["recording"]["default"] = recording;
  return answer(
      {{"type", "SPEC"},
       {"spec",
        {{"connectionSpecification", schema}, {"supportsIncremental", true}}}},
      out);
}

/// @returns the streams of a ConfiguredAirbyteCatalog, or of an AirbyteCatalog.
result<ordered_json> streams_of_catalog(const std::string& path) {
  auto catalog = read_json_file(path);
  if (!catalog)
    return catalog.error();
  failure useless{ec::invalid_catalog, path + " is not a catalog"};
  if (!catalog->is_object() || !catalog->contains("streams")
      || !(*catalog)["streams"].is_array())
    return useless;
  auto streams = ordered_json::array();
  for (const auto& entry : (*catalog)["streams"]) {
    bool configured = entry.is_object() && entry.contains("stream");
    const auto& stream = configured ? entry["stream"] : entry;
    stream_name name;
    if (!read_stream_name(json(stream), name))
      return useless;
    streams.push_back(stream);
  }
  return streams;
}

/// @returns the recording's streams with the schemas that its rows show.
result<ordered_json> streams_of_recording(const std::string& path) {
  std::vector<schema_inference> schemas;
  auto source = scan_recording(path, [&](size_t stream, const json& data) {
    if (stream >= schemas.size())
      schemas.resize(stream + 1);
    schemas[stream].add(data);
  });
  if (!source)
    return source.error();
  schemas.resize(source->streams.size());
  auto streams = ordered_json::array();
  for (size_t i = 0; i < schemas.size(); ++i) {
    const auto& stream = source->streams[i];
    auto schema = schemas[i].schema();
    schema["type"] = "object";
    ordered_json entry{{"name", stream.name.name}};
    if (!stream.name.space.empty())
      entry["namespace"] = stream.name.space;
    entry["json_schema"] = ordered_json(schema);
    entry["supported_sync_modes"] = {"full_refresh"};
    if (!stream.states.empty()) {
      entry["supported_sync_modes"].push_back("incremental");
      entry["source_defined_cursor"] = true;
    }
    streams.push_back(std::move(entry));
  }
  return streams;
}

result<void> try_out(const std::string& path) {
  auto config = read_demo_config(path);
  if (!config)
    return config.error();
  auto source = scan_recording(config->recording);
  if (!source)
    return source.error();
  if (source->streams.empty())
    return failure{ec::invalid_argument,
                   config->recording + " holds no stream"};
  if (!config->catalog.empty())
    if (auto streams = streams_of_catalog(config->catalog); !streams)
      return streams.error();
  return {};
}

int check(const arguments& given, message_writer& out) {
  auto tried = try_out(given.config);
  ordered_json status{{"status", tried ? "SUCCEEDED" : "FAILED"}};
  if (!tried)
    status["message"] = tried.error().what;
  return answer({{"type", "CONNECTION_STATUS"}, {"connectionStatus", status}},
                out);
}

int discover(const arguments& given, message_writer& out) {
  auto config = read_demo_config(given.config);
  if (!config)
    return fail(config.error(), out);
  auto streams = config->catalog.empty()
                     ? streams_of_recording(config->recording)
                     : streams_of_catalog(config->catalog);
  if (!streams)
    return fail(streams.error(), out);
  return answer({{"type", "CATALOG"}, {"catalog", {{"streams", *streams}}}},
                out);
}

/// Tells in the log what of each stream will be played.
result<void> explain(const recording& source,
                     const std::vector<stream_range>& plan,
                     message_writer& out) {
  for (size_t i = 0; i < plan.size(); ++i) {
    auto text = "stream " + to_string(source.streams[i].name);
    if (!plan[i].selected)
      text += " is not selected";
    else if (plan[i].after > 0)
      text += " resumes after line " + std::to_string(plan[i].after);
    else if (plan[i].through < source.lines.size())
      text += " plays through line " + std::to_string(plan[i].through);
    else
      text += " plays whole";
    if (auto written = out.line(log_message("DEBUG", text)); !written)
      return written.error();
  }
  return {};
}

/// Says how many rows are played if that is not all of them: the recorded lines
/// of log count those of the recorded run.
result<void> announce(const recording& source,
                      const std::vector<stream_range>& plan,
                      message_writer& out) {
  std::string parts;
  for (size_t i = 0; i < plan.size(); ++i) {
    const auto& stream = source.streams[i];
    const auto played = rows_in(stream, plan[i]);
    if (plan[i].selected && played < stream.rows)
      parts += (parts.empty() ? "" : ", ") + std::to_string(played) + " of "
               + std::to_string(stream.rows) + " rows of "
               + to_string(stream.name);
  }
  if (parts.empty())
    return {};
  return out.line(log_message(
      "INFO", "This run plays " + parts
                  + " of a recording. The lines of log that follow are the "
                    "recorded ones, and count the rows of the recorded run."));
}

struct prepared_read {
  demo_config config;
  recording source;
  std::vector<stream_range> plan;
};

result<prepared_read> prepare_read(const arguments& given) {
  prepared_read prepared;
  auto config = read_demo_config(given.config);
  if (!config)
    return config.error();
  auto catalog = read_json_file(given.catalog);
  if (!catalog)
    return catalog.error();
  auto selected = read_catalog(json(*catalog));
  if (!selected)
    return selected.error();
  std::vector<played_state> saved;
  if (!given.state.empty()) {
    auto content = read_json_file(given.state);
    if (!content)
      return content.error();
    auto states = read_states(json(*content));
    if (!states)
      return states.error();
    saved = std::move(*states);
  }
  auto source = scan_recording(config->recording);
  if (!source)
    return source.error();
  auto plan = plan_playback(*source, *selected, saved, config->whole);
  if (!plan)
    return plan.error();
  return prepared_read{std::move(*config), std::move(*source),
                       std::move(*plan)};
}

int read(const arguments& given, message_writer& out) {
  auto prepared = prepare_read(given);
  if (!prepared)
    return fail(prepared.error(), out);
  const auto& [config, source, plan] = *prepared;
  for (const auto& key : config.unknown_keys) {
    auto text = log_message("WARN", "the config's " + key + " means nothing");
    if (auto written = out.line(text); !written)
      return fail(written.error(), out);
  }
  if (given.debug)
    if (auto explained = explain(source, plan, out); !explained)
      return fail(explained.error(), out);
  if (auto announced = announce(source, plan, out); !announced)
    return fail(announced.error(), out);
  auto played =
      play(source, plan, {config.rows_per_second, config.stop_after_rows}, out);
  if (!played)
    return fail(played.error(), out);
  if (played->stopped)
    std::fprintf(stderr, "demo-connector: stopped after %llu rows, as told\n",
                 static_cast<unsigned long long>(played->rows));
  return config.exit_code.value_or(played->stopped ? 1 : 0);
}

int run(int argc, char** argv) {
  arguments given;
  message_writer out{STDOUT_FILENO};
  CLI::App app{"Plays a recorded connector as an Airbyte source"};
  app.require_subcommand(1);
  app.add_flag("--debug", given.debug, "Say in the log what is played");
  auto command = [&](const char* name, const char* purpose) {
    return app.add_subcommand(name, purpose)->fallthrough();
  };
  auto with_config = [&](CLI::App* to) {
    to->add_option("--config", given.config, "The config, JSON")->required();
    return to;
  };
  auto* specs = command("spec", "Describe the config");
  auto* checks = with_config(command("check", "Try whether read could work"));
  auto* discovers = with_config(command("discover", "Tell the streams"));
  auto* reads = with_config(command("read", "Play the recording"));
  reads->add_option("--catalog", given.catalog, "ConfiguredAirbyteCatalog")
      ->required();
  reads->add_option("--state", given.state, "Array of STREAM states");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (specs->parsed())
    return spec(out);
  if (checks->parsed())
    return check(given, out);
  if (discovers->parsed())
    return discover(given, out);
  return reads->parsed() ? read(given, out) : 2;
}

} // namespace

int main(int argc, char** argv) {
  open_standard_files();
  prepare_signals();
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "demo-connector: %s\n", error.what());
    return 1;
  }
}
