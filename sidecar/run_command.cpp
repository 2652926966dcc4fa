#include "sidecar/run_command.hpp"

#include "runtime/clock.hpp"
#include "runtime/connector_environment.hpp"
#include "runtime/console.hpp"
#include "runtime/database.hpp"
#include "runtime/private_file.hpp"
#include "runtime/stop_signals.hpp"
#include "schema/configure_catalog.hpp"
#include "schema/connector_state.hpp"
#include "sidecar/inquiry_task.hpp"
#include "sidecar/local_connector.hpp"
#include "sidecar/read_task.hpp"
#include "sidecar/run_output.hpp"
#include "sidecar/secrets.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace motorcade {

namespace {

int complain(const std::string& what) {
  spdlog::error("{}", what);
  return 2;
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

result<std::string> read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (!file.is_open() || file.bad())
    return failure{ec::invalid_argument, "cannot read " + path};
  return text;
}

/// @returns the settings of a sidecar whose connector has its pipes there.
result<sidecar_settings> make_settings(const run_options& options,
                                       const scratch_directory& files,
                                       const environment& from) {
  std::map<std::string, std::string, std::less<>> given = {
      {"COMMAND", options.command},
      {"SIDECAR_INPUT", "pipes"},
      {"STDOUT_PIPE_FILE", files.file("stdout")},
      {"STDERR_PIPE_FILE", files.file("stderr")},
      {"EXIT_CODE_FILE", files.file("exit-code")},
      {"TASK_ID", make_uuid()},
      {"PACKAGE",
       std::filesystem::path{options.connector.front()}.filename().string()},
      {"PACKAGE_VERSION", "local"},
      {"STARTED_BY", R"({"trigger":"manual"})"},
  };
  if (options.command == "read")
    given["SYNC_ID"] = options.sync_id;
  else if (!from("STORAGE_KEY"))
    given["STORAGE_KEY"] = options.sync_id;
  if (!options.to.empty())
    given["BULKER_URL"] = options.to;
  if (!from("STAGING_DIR"))
    // Where Airbyte's CDK stages files with and without a container.
    given["STAGING_DIR"] =
        "/staging/files:" + std::filesystem::temp_directory_path().string();
  if (!options.config_out.empty())
    given["CONFIG_OUT_FILE"] =
        std::filesystem::absolute(options.config_out).string();
  if (!options.database.empty())
    given["DATABASE_URL"] = options.database;
  else if (options.command != "read" && !from("DATABASE_URL"))
    // An answer is printed: nobody need keep it.
    given["DATABASE_URL"] = "sqlite://" + files.file("answer.db");
  return read_sidecar_settings(
      override_environment(make_environment(given), from));
}

/// @returns 0 only for SUCCESS: a person's shell has no other word for it.
int exit_code_of(const task_result& outcome) {
  if (outcome.status == task_status::success || outcome.exit_code != 0)
    return outcome.exit_code;
  return 1;
}

/// spec, check and discover.
int run_inquiry(const run_options& options, const sidecar_settings& settings,
                const std::vector<std::string>& child_variables) {
  auto command = options.connector;
  command.push_back(options.command);
  if (options.command != "spec")
    command.insert(command.end(), {"--config", options.config});
  local_connector connector;
  if (auto started = connector.start(command, child_variables, settings);
      !started)
    return complain(started.error().what);
  auto outcome =
      run_inquiry_task(settings, [&](int number) { connector.signal(number); });
  connector.end();
  if (!outcome.document.empty())
    print_document(outcome.document);
  // Why it failed stands in the log already.
  if (auto code = exit_code_of(outcome); code != 0)
    return code;
  if (options.save_catalog.empty())
    return 0;
  auto configured = configure_catalog(outcome.document, options.select);
  if (!configured)
    return complain(configured.error().what);
  if (auto put = write_file(options.save_catalog, *configured + "\n", 0640);
      !put)
    return complain(put.error().what);
  spdlog::info("the streams to read are in {}", options.save_catalog);
  return 0;
}

/// @returns what is missing or too much for the command; empty: nothing.
std::string check_options(const run_options& options) {
  auto needs = [&](bool given, std::string_view option) {
    return given ? std::string{}
                 : std::string{option} + " is required for " + options.command;
  };
  std::string wrong;
  if (options.command != "spec")
    wrong = needs(!options.config.empty(), "--config");
  if (wrong.empty() && options.command == "read")
    wrong = needs(!options.catalog.empty(), "--catalog");
  if (wrong.empty() && options.command != "discover"
      && !options.save_catalog.empty())
    wrong = "--save-catalog is for discover";
  if (wrong.empty() && options.save_catalog.empty() && !options.select.empty())
    wrong = "--select says what --save-catalog saves, which is not given";
  return wrong;
}

/// read.
int run_read(const run_options& options, const sidecar_settings& settings,
             const std::vector<std::string>& child_variables,
             const scratch_directory& files) {
  connector_files inputs;
  auto config = read_file(options.config);
  if (!config)
    return complain(config.error().what);
  inputs.config = std::move(*config);
  auto catalog = read_file(options.catalog);
  if (!catalog)
    return complain(catalog.error().what);
  inputs.catalog = std::move(*catalog);
  auto streams = parse_catalog(inputs.catalog);
  if (!streams)
    return complain(options.catalog + ": " + streams.error().what);
  if (!options.state.empty()) {
    auto given = read_file(options.state);
    if (!given)
      return complain(given.error().what);
    inputs.state = std::move(*given);
  } else if (!settings.full_sync) {
    auto saved = saved_state_of(settings, *streams);
    if (!saved)
      return complain(saved.error().what);
    inputs.state = std::move(*saved);
    // Reading it may have taken a while.
    if (told_to_stop_within(std::chrono::milliseconds{0}))
      return complain("told to stop before the connector was started");
  }
  if (settings.full_sync)
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
    if (auto put = write_private_file(files.file("state.json"), inputs.state);
        !put)
      return complain(put.error().what);
    command.insert(command.end(), {"--state", files.file("state.json")});
    spdlog::info("going on from {}", options.state.empty()
                                         ? "the state of the last sync"
                                         : options.state);
  }
  local_connector connector;
  if (auto started = connector.start(command, child_variables, settings);
      !started)
    return complain(started.error().what);
  auto outcome = run_read_task(settings, inputs,
                               [&](int number) { connector.signal(number); });
  connector.end();
  print_result(outcome, settings);
  return exit_code_of(outcome);
}

} // namespace

int run_connector(const run_options& options, const environment& from) {
  if (auto wrong = check_options(options); !wrong.empty())
    return complain(wrong);
  auto child_variables = make_connector_environment(environ, options.env);
  if (!child_variables)
    return complain(child_variables.error().what);
  auto files = scratch_directory::make();
  if (!files)
    return complain(files.error().what);
  auto settings = make_settings(options, *files, from);
  if (!settings)
    return complain(settings.error().what);
  start_console(settings->own_log_level);
  keep_secrets_of(*settings);
  return settings->command == sidecar_command::read
             ? run_read(options, *settings, *child_variables, *files)
             : run_inquiry(options, *settings, *child_variables);
}

} // namespace motorcade
