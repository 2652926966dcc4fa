#include "sidecar/run_command.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/stop_signals.hpp"
#include "runtime/database/database.hpp"
#include "runtime/files/private_file.hpp"
#include "runtime/log/stderr_log.hpp"
#include "runtime/process/connector_environment.hpp"
#include "runtime/records/saved_states.hpp"
#include "runtime/task/packed_documents.hpp"
#include "schema/catalog/configure_catalog.hpp"
#include "schema/catalog/table_naming.hpp"
#include "schema/secrets/config_secrets.hpp"
#include "schema/state/given_state.hpp"
#include "sidecar/destination_check.hpp"
#include "sidecar/inquiry_task.hpp"
#include "sidecar/local_connector.hpp"
#include "sidecar/read_task.hpp"
#include "sidecar/run_exit_code.hpp"
#include "sidecar/run_inputs.hpp"
#include "sidecar/run_output.hpp"
#include "sidecar/secrets.hpp"
#include "sidecar/state_recovery.hpp"
#include "sidecar/task_parts.hpp"

#include <filesystem>
#include <fstream>
#include <map>

namespace motorcade {

using namespace std::string_literals;

namespace {

int complain(const std::string& what, int exit_code = 2) {
  log::error("{}", what);
  return exit_code;
}

/// @returns the state that earlier syncs saved, as the connector wants it.
result<std::string> saved_state_of(const sidecar_settings& settings,
                                   const catalog& streams) {
  auto db = make_database(settings.database_url);
  if (!db)
    return db.error();
  if (auto ready = (*db)->prepare(); !ready)
    return ready.error();
  auto rows = saved_states_of(**db, settings.sync_id);
  if (!rows)
    return rows.error();
  return make_state_file(*rows, streams);
}

/// @returns the name of the program for the log.
std::string package_of(const run_options& options) {
  if (options.connector.empty())
    return "destination";
  return std::filesystem::path{options.connector.front()}.filename().string();
}

/// @returns the settings of a sidecar whose connector has its pipes in `files`.
/// Each setting that is wrong is added to `problems`, and a valid one stands in
/// its place.
sidecar_settings make_settings(const run_options& options,
                               const scratch_directory& files,
                               const environment& from,
                               run_problems& problems) {
  std::map<std::string, std::string, std::less<>> given = {
      // A wrong command has been reported already; `spec` stands in for it.
      {"COMMAND",
       is_connector_command(options.command) ? options.command : "spec"},
      {"SIDECAR_INPUT", "pipes"},
      {"STDOUT_PIPE_FILE", files.file("stdout")},
      {"STDERR_PIPE_FILE", files.file("stderr")},
      {"EXIT_CODE_FILE", files.file("exit-code")},
      {"TASK_ID", make_uuid()},
      {"PACKAGE", package_of(options)},
      {"PACKAGE_VERSION", "local"},
      {"STARTED_BY", R"({"trigger":"manual"})"},
  };
  if (options.command == "read")
    given["SYNC_ID"] = options.sync_id;
  else if (!from("STORAGE_KEY"))
    given["STORAGE_KEY"] = options.sync_id;
  if (options.debug)
    for (const auto* level : {"LOG_LEVEL", "DB_LOG_LEVEL"})
      if (!from(level))
        given[level] = "DEBUG";
  // A valid URL stands in for a wrong one, so that it is not reported as
  // missing, too.
  auto to = problems.take(to_destination_url(options.to), "file:///"s);
  auto database =
      problems.take(to_database_url(options.database), "sqlite:///wrong"s);
  if (!to.empty())
    given["BULKER_URL"] = to;
  if (!from("STAGING_DIR"))
    // Airbyte's CDK stages files here, with and without a container.
    given["STAGING_DIR"] =
        "/staging/files:" + std::filesystem::temp_directory_path().string();
  if (!options.destination_config.empty())
    given["DESTINATION_CONFIG_FILE"] =
        std::filesystem::absolute(options.destination_config).string();
  if (!options.config_out.empty())
    given["CONFIG_OUT_FILE"] =
        std::filesystem::absolute(options.config_out).string();
  if (!database.empty())
    given["DATABASE_URL"] = database;
  else if (options.command != "read" && !from("DATABASE_URL"))
    // The answer is printed; its database is removed with the temporary files.
    given["DATABASE_URL"] = "sqlite://" + files.file("answer.db");
  return problems.take(read_sidecar_settings(
                           override_environment(make_environment(given), from)),
                       sidecar_settings{});
}

/// @returns the connector's words, the command, and `--debug` behind it, where
/// Airbyte's CDK takes it.
std::vector<std::string> begin_command(const run_options& options) {
  auto out = options.connector;
  auto debug = options.debug;
  while (out.size() > 1 && out.back() == "--debug") {
    out.pop_back();
    debug = true;
  }
  out.push_back(options.command);
  if (debug)
    out.emplace_back("--debug");
  return out;
}

/// @returns why a read with these settings would refuse the catalog.
result<void> check_tables(const std::string& configured,
                          const sidecar_settings& settings) {
  auto streams = parse_catalog(configured);
  if (!streams)
    return streams.error();
  auto tables = assign_tables(*streams, to_naming(settings, {}));
  return tables ? result<void>{} : tables.error();
}

/// @returns the destinationConfig of `--destination-config`; empty: none.
result<std::string> given_destination(const sidecar_settings& settings) {
  if (settings.destination_config_file.empty())
    return std::string{};
  const auto& path = settings.destination_config_file;
  auto text = read_input_file(path);
  return text ? text_of_document(path, std::move(*text)) : std::move(text);
}

/// Runs `check` of the destination that the options name.
/// @returns 0 if it can be used; else its answer is printed.
int run_destination_check(const run_options& options,
                          sidecar_settings settings) {
  auto config = given_destination(settings);
  if (!config)
    return complain(config.error().what);
  settings.sync_id = options.sync_id;
  const auto outcome = check_destination(settings, *config);
  if (options.connector.empty() || outcome.status != task_status::success)
    if (auto printed = print_document(outcome.document);
        !printed && outcome.exit_code == 0)
      return complain(printed.error().what, 1);
  return outcome.exit_code;
}

/// Runs spec, check or discover.
int run_inquiry(const run_options& options, const sidecar_settings& settings,
                const std::vector<std::string>& child_variables) {
  if (checks_destination(options)) {
    const auto code = run_destination_check(options, settings);
    if (code != 0 || options.connector.empty())
      return code;
  }
  std::string config;
  if (options.command != "spec") {
    auto given = read_input_file(options.config);
    if (!given)
      return complain(given.error().what);
    config = std::move(*given);
  }
  auto command = begin_command(options);
  if (options.command != "spec")
    command.insert(command.end(), {"--config", options.config});
  local_connector connector;
  if (auto started = connector.start(command, child_variables, settings);
      !started)
    return complain(started.error().what);
  auto outcome =
      run_inquiry_task(settings, {std::move(config), {}},
                       [&](int number) { connector.signal(number); });
  connector.end();
  result<void> printed;
  if (settings.command == sidecar_command::check
      && is_check_without_answer(outcome))
    printed = print_failed_check(outcome);
  else if (!outcome.document.empty())
    printed = print_document(outcome.document);
  // The log has the reason of a failure already.
  if (auto code = run_exit_code(outcome, false); code != 0)
    return code;
  if (!printed)
    return complain(printed.error().what, 1);
  if (options.save_catalog.empty())
    return 0;
  auto configured = configure_catalog(outcome.document, options.select);
  if (!configured)
    return complain("--save-catalog: " + configured.error().what);
  if (auto fit = check_tables(*configured, settings); !fit)
    return complain("--save-catalog: " + fit.error().what);
  if (auto put = write_file(options.save_catalog, *configured + "\n", 0640);
      !put)
    return complain(put.error().what);
  log::info("the streams to read are in {}", options.save_catalog);
  return 0;
}

/// @returns the lock of the sync, taken; waits for it only with `--wait`.
/// Fails with already_exists if another run has it.
result<sync_lock_ptr> take_sync(const run_options& options,
                                const sidecar_settings& settings) {
  auto lock = make_sync_lock(settings.database_url, settings.sync_id,
                             this_run(settings.task_id));
  if (!lock)
    return lock.error();
  auto taken = (*lock)->take();
  if (!taken && taken.error().code == ec::already_exists) {
    if (!options.wait)
      return failure{ec::already_exists,
                     taken.error().what
                         + "; wait for its end with --wait, or give this run "
                           "another --sync-id if it is another sync"};
    log::info("waiting: {}", taken.error().what);
    taken = wait_for_sync(**lock, std::chrono::milliseconds::max(),
                          watch_stop_signals().get());
  }
  if (!taken)
    return taken.error();
  return lock;
}

/// Runs a read.
int run_read(const run_options& options, const sidecar_settings& settings,
             const std::vector<std::string>& child_variables,
             const scratch_directory& files) {
  connector_files inputs;
  auto config = read_input_file(options.config);
  if (!config)
    return complain(config.error().what);
  inputs.config = std::move(*config);
  auto catalog = read_input_file(options.catalog);
  if (!catalog)
    return complain(catalog.error().what);
  inputs.catalog = std::move(*catalog);
  auto destination = given_destination(settings);
  if (!destination)
    return complain(destination.error().what);
  inputs.destination_config = std::move(*destination);
  auto streams = parse_catalog(inputs.catalog);
  if (!streams)
    return complain(options.catalog + ": " + streams.error().what);
  // The lock is taken before the states are looked up: another run may be
  // saving them.
  auto lock = take_sync(options, settings);
  if (!lock)
    return lock.error().code == ec::already_exists
               ? complain(lock.error().what, sync_is_taken)
               : complain(lock.error().what);
  if (!options.state.empty()) {
    auto given = read_input_file(options.state);
    if (!given)
      return complain(given.error().what);
    auto fit = fit_state(*given, *streams);
    if (!fit)
      return complain(options.state + ": " + fit.error().what);
    inputs.state = std::move(fit->json);
    for (const auto& change : fit->changes)
      log::info("{}: {}", options.state, change);
  } else if (!settings.full_sync) {
    auto saved = saved_state_of(settings, *streams);
    if (!saved)
      return complain(saved.error().what);
    inputs.state = std::move(*saved);
    // The look-up of states may have taken minutes; a signal meanwhile ends the
    // run here.
    if (told_to_stop_within(std::chrono::milliseconds{0}))
      return complain("told to stop before the connector was started");
  }
  if (settings.full_sync && !options.state.empty())
    log::warn("FULL_SYNC is set: {} is ignored, and all streams are "
              "read from the start",
              options.state);
  if (settings.full_sync)
    inputs.state.clear();
  if (auto recovered = recover_state_of_run(settings, inputs); !recovered)
    return complain(recovered.error().what);
  auto state = parse_state(inputs.state);
  if (!state)
    return complain(options.state + ": " + state.error().what);

  auto command = begin_command(options);
  for (const auto& word : {std::string{"--config"}, options.config,
                           std::string{"--catalog"}, options.catalog})
    command.push_back(word);
  if (!state->empty()) {
    if (auto put = write_private_file(files.file("state.json"), inputs.state);
        !put)
      return complain(put.error().what);
    command.insert(command.end(), {"--state", files.file("state.json")});
    log::info("going on from {}", options.state.empty()
                                      ? "the state of the last sync"
                                      : options.state);
  }
  local_connector connector;
  if (auto started = connector.start(command, child_variables, settings);
      !started)
    return complain(started.error().what);
  auto outcome = run_read_task(
      settings, inputs, [&](int number) { connector.signal(number); },
      std::move(*lock));
  connector.end();
  print_result(outcome, settings);
  return run_exit_code(outcome, true);
}

} // namespace

int run_connector(const run_options& options, const environment& from) {
  run_problems problems;
  check_run_options(options, problems);
  auto files = scratch_directory::make();
  if (!files)
    return complain(files.error().what);
  auto settings = make_settings(options, *files, from, problems);
  auto secrets = secrets_of(settings);
  // A destinationConfig that cannot be read is reported before the connector
  // starts.
  if (auto destination = given_destination(settings))
    for (auto& one : find_config_secrets(*destination))
      secrets.push_back(std::move(one));
  auto child_variables =
      make_connector_environment(environ, secrets, options.env);
  problems.check(child_variables);
  if (problems.any())
    return complain(problems.text());
  start_stderr_log(settings.own_log_level);
  keep_secrets_of(settings);
  return settings.command == sidecar_command::read
             ? run_read(options, settings, *child_variables, *files)
             : run_inquiry(options, settings, *child_variables);
}

} // namespace motorcade
