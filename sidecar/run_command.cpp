#include "sidecar/run_command.hpp"

#include "actors/progress.hpp"
#include "runtime/clock.hpp"
#include "runtime/console.hpp"
#include "runtime/database.hpp"
#include "runtime/exit_code_file.hpp"
#include "runtime/process.hpp"
#include "schema/connector_state.hpp"
#include "sidecar/read_task.hpp"
#include "sidecar/secrets.hpp"
#include "sidecar/stop_signals.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

namespace motorcade {

namespace {

constexpr auto longest_goodbye = std::chrono::seconds{10};

/// A directory that goes away with this.
class scratch {
public:
  explicit scratch(std::string path) : path_{std::move(path)} {}

  ~scratch() {
    std::error_code ignored; // Nobody is hurt by a file left in /tmp.
    std::filesystem::remove_all(path_, ignored);
  }

  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  std::string file(std::string_view name) const {
    return path_ + "/" + std::string{name};
  }

private:
  std::string path_;
};

int complain(const std::string& what) {
  spdlog::error("{}", what);
  return 2;
}

result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary};
  file << text;
  file.close();
  if (!file)
    return failure{ec::system_failed, "cannot write " + path};
  return {};
}

/// @returns the state that earlier syncs saved, as the connector wants it.
result<std::string> saved_state_of(const sidecar_settings& settings,
                                   const catalog& streams) {
  auto db = make_database(settings.database_url);
  if (!db)
    return db.error();
  if (auto ready = (*db)->prepare(); !ready)
    return ready.error();
  auto rows = (*db)->states(settings.sync_id);
  if (!rows)
    return rows.error();
  std::vector<saved_state> saved;
  for (auto& row : *rows)
    saved.push_back({std::move(row.stream), std::move(row.state)});
  return make_state_file(saved, streams);
}

void print_result(const task_result& outcome,
                  const sidecar_settings& settings) {
  size_t widest = 6;
  for (const auto& stream : outcome.streams)
    widest = std::max(widest, stream.key.size());
  if (!outcome.streams.empty())
    fmt::print("{:<{}}  {:<9}  {:>12}  {:>10}  where\n", "stream", widest,
               "status", "rows", "size");
  for (size_t i = 0; i < outcome.streams.size(); ++i) {
    const auto& stream = outcome.streams[i];
    fmt::print("{:<{}}  {:<9}  {:>12}  {:>10}  {}\n", stream.key, widest,
               to_string(stream.status), with_commas(outcome.committed_rows[i]),
               megabytes(stream.bytes),
               outcome.committed_rows[i] > 0 ? outcome.locations[i]
                                             : "nothing new");
    if (!stream.error.empty())
      fmt::print("{:<{}}  {}\n", "", widest, mask_secrets(stream.error));
  }
  auto db = make_database(settings.database_url);
  fmt::print("states saved: {}; states, status and log: {}\n",
             outcome.states_saved, db ? (*db)->locate() : "nowhere");
  fmt::print("task {}: {}{}{}\n", settings.task_id, to_string(outcome.status),
             outcome.error.empty() ? "" : ": ", mask_secrets(outcome.error));
}

} // namespace

int run_connector(const run_options& options, const environment& from) {
  if (options.command != "read")
    return complain("--command " + options.command
                    + ": this version can only read");
  auto directory = make_private_directory("motorcade-");
  if (!directory)
    return complain(directory.error().what);
  scratch files{*directory};
  std::map<std::string, std::string, std::less<>> given = {
      {"COMMAND", options.command},
      {"STDOUT_PIPE_FILE", files.file("stdout")},
      {"STDERR_PIPE_FILE", files.file("stderr")},
      {"EXIT_CODE_FILE", files.file("exit-code")},
      {"SYNC_ID", options.sync_id},
      {"TASK_ID", make_uuid()},
      {"PACKAGE",
       std::filesystem::path{options.connector.front()}.filename().string()},
      {"PACKAGE_VERSION", "local"},
      {"STARTED_BY", R"({"trigger":"manual"})"},
  };
  if (!options.to.empty())
    given["BULKER_URL"] = options.to;
  if (!options.database.empty())
    given["DATABASE_URL"] = options.database;
  auto settings = read_sidecar_settings(
      override_environment(make_environment(given), from));
  if (!settings)
    return complain(settings.error().what);
  start_console(settings->own_log_level);
  keep_secrets_of(*settings);

  connector_files inputs;
  auto slurp = [](const std::string& path, std::string& to) -> result<void> {
    std::ifstream file{path, std::ios::binary};
    to.assign(std::istreambuf_iterator<char>{file}, {});
    if (!file.good() && !file.eof())
      return failure{ec::invalid_argument, "cannot read " + path};
    return {};
  };
  if (auto got = slurp(options.config, inputs.config); !got)
    return complain(got.error().what);
  if (auto got = slurp(options.catalog, inputs.catalog); !got)
    return complain(got.error().what);
  auto streams = parse_catalog(inputs.catalog);
  if (!streams)
    return complain(options.catalog + ": " + streams.error().what);
  if (!options.state.empty()) {
    if (auto got = slurp(options.state, inputs.state); !got)
      return complain(got.error().what);
  } else if (!settings->full_sync) {
    auto saved = saved_state_of(*settings, *streams);
    if (!saved)
      return complain(saved.error().what);
    inputs.state = std::move(*saved);
    // Reading it may have taken a while.
    if (told_to_stop_within(std::chrono::milliseconds{0}))
      return complain("told to stop before the connector was started");
  }
  if (settings->full_sync)
    inputs.state.clear();
  auto state = parse_state(inputs.state);
  if (!state)
    return complain(options.state + ": " + state.error().what);

  auto command = options.connector;
  for (const auto& word :
       {std::string{"read"}, std::string{"--config"}, options.config,
        std::string{"--catalog"}, options.catalog})
    command.push_back(word);
  if (!state->empty()) {
    if (auto put = write_file(files.file("state.json"), inputs.state); !put)
      return complain(put.error().what);
    command.insert(command.end(), {"--state", files.file("state.json")});
    spdlog::info("going on from {}", options.state.empty()
                                         ? "the state of the last sync"
                                         : options.state);
  }
  for (const auto& path :
       {settings->stdout_pipe_file, settings->stderr_pipe_file})
    if (auto made = make_fifo(path); !made)
      return complain(made.error().what);
  auto child = child_process::start(command, settings->stdout_pipe_file,
                                    settings->stderr_pipe_file,
                                    {"BULKER_AUTH_TOKEN", "DATABASE_URL"});
  if (!child)
    return complain(child.error().what);
  // A thread of its own waits, so that the exit code comes by the same way as
  // in a Pod.
  sigset_t signals;
  sigfillset(&signals);
  sigset_t before;
  ::pthread_sigmask(SIG_BLOCK, &signals, &before);
  std::thread reaper{[&] {
    auto code = child->wait();
    if (auto put = write_exit_code(settings->exit_code_file, code); !put)
      spdlog::error("{}", put.error().what);
  }};
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  auto outcome = run_read_task(*settings, inputs,
                               [&](int number) { child->signal(number); });
  if (!child->wait_for(std::chrono::milliseconds{200})) {
    child->signal(SIGTERM);
    if (!child->wait_for(longest_goodbye))
      child->signal(SIGKILL);
  }
  reaper.join();
  print_result(outcome, *settings);
  if (outcome.status == task_status::success)
    return 0;
  return outcome.exit_code == 0 ? 1 : outcome.exit_code;
}

} // namespace motorcade
