#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/standard_files.hpp"
#include "runtime/base/stop_signals.hpp"
#include "runtime/log/stderr_log.hpp"
#include "runtime/process/fork_server.hpp"
#include "runtime/process/pipe_folder.hpp"
#include "runtime/task/packed_documents.hpp"
#include "sidecar/connector_config.hpp"
#include "sidecar/inquiry_task.hpp"
#include "sidecar/read_task.hpp"
#include "sidecar/run_command.hpp"
#include "sidecar/secrets.hpp"
#include "sidecar/sidecar_input_file.hpp"

#include <CLI/CLI.hpp>

#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <malloc.h>
#include <string_view>
#include <unistd.h>

using namespace motorcade;

namespace {

constexpr int wrong_settings = 2;

/// Sets up malloc. Rows come in blocks of some 100 KB: to give their pages back
/// and take them again would cost more than the copy. Blocks are freed by other
/// threads than those that took them, so several arenas would only hold more
/// memory.
void tune_memory() {
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

/// Removes passwords from the URLs among the arguments, which every user of the
/// machine can read.
void hide_passwords(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view text{argv[i]};
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos)
      continue;
    const auto end = text.rfind('@');
    const auto colon = text.find(':', scheme + 3);
    if (end == std::string_view::npos || colon > end)
      continue;
    for (auto at = colon + 1; at < end; ++at)
      argv[i][at] = '*';
  }
}

/// Runs the sidecar in a Pod: all settings come from the environment.
int run_beside_connector() {
  constexpr std::chrono::seconds patience{30};
  auto from = with_sidecar_input(process_environment(), patience);
  if (!from) {
    log::error("{}", from.error().what);
    return from.error().code == ec::cancelled ? 0 : wrong_settings;
  }
  auto settings = read_sidecar_settings(*from);
  if (!settings) {
    log::error("wrong settings:\n{}", settings.error().what);
    return wrong_settings;
  }
  start_stderr_log(settings->own_log_level);
  keep_secrets_of(*settings);
  if (settings->command != sidecar_command::read) {
    inquiry_files files{find_connector_config(*settings), {}};
    if (!settings->destination_config_file.empty()
        && settings->command == sidecar_command::check) {
      auto destination = read_destination_config(*settings);
      if (!destination) {
        log::error("{}", destination.error().what);
        return wrong_settings;
      }
      files.destination_config = std::move(*destination);
    }
    return run_inquiry_task(*settings, files, {}).exit_code;
  }
  auto files = read_connector_files(*settings);
  if (!files)
    return refuse_read_task(*settings, files.error()).exit_code;
  return run_read_task(*settings, *files, {}).exit_code;
}

/// Does what the command line says.
/// @returns the exit code.
int run_sidecar(int argc, char** argv) {
  // This comes first: the first process of a container would otherwise lose an
  // early signal, which is not sent again.
  hold_stop_signals();
  tune_memory();
  ::signal(SIGPIPE, SIG_IGN);
  // A file that grows too large is an error of its destination and must not end
  // the process.
  ::signal(SIGXFSZ, SIG_IGN);
  start_stderr_log(log_level::info);
  CLI::App app{
      "Delivers what an Airbyte source connector prints: rows to a "
      "warehouse, Bulker or files, states, status and log to a database.\n"
      "Without a subcommand all settings come from the environment, "
      "as in a Pod."};
  app.set_version_flag("--version", MOTORCADE_VERSION);
  run_options options;
  auto* run = app.add_subcommand(
      "run", "Starts a connector and syncs what it prints, or prints what it "
             "answers; other settings come from the environment");
  run->add_option("--command", options.command,
                  "What the connector shall do: spec, check, discover or "
                  "read; a check with --to or --destination-config tries the "
                  "destination, too")
      ->capture_default_str();
  run->add_option("--config", options.config,
                  "The connector's config; for all but spec");
  run->add_option("--catalog", options.catalog,
                  "A ConfiguredAirbyteCatalog; for read");
  run->add_option("--save-catalog", options.save_catalog,
                  "Where discover puts a ConfiguredAirbyteCatalog of what it "
                  "found");
  run->add_option("--select", options.select,
                  "For --save-catalog: only these streams, e.g. "
                  "users,public.orders")
      ->delimiter(',');
  run->add_option("--state", options.state,
                  "The Airbyte state to start from; default: what the database "
                  "has of the last sync");
  run->add_option("--config-out", options.config_out,
                  "Where a config is written that the connector changed, e.g. "
                  "a new refresh token; may be the file of --config");
  run->add_option("--to", options.to,
                  "Where rows go: a folder, sqlite:///file, postgres://…, "
                  "clickhouse://…, mysql://…, s3://bucket/folder, or Bulker's "
                  "http(s) URL (BULKER_URL)");
  run->add_option("--destination-config", options.destination_config,
                  "A file with Jitsu's destinationConfig, in place of --to");
  run->add_option("--database", options.database,
                  "A file of SQLite, or postgres://… (DATABASE_URL)");
  run->add_option("--sync-id", options.sync_id,
                  "The id under which the states of this sync are saved")
      ->capture_default_str();
  run->add_option(
         "--env", options.env,
         "A variable for the connector: NAME passes on the one of this "
         "process, NAME=value sets one. Without it the connector gets "
         "the environment without the sidecar's settings (BULKER_*, "
         "WORKLOAD_* …), logins of libraries (PG*, AWS_* …) and what "
         "is named like a secret")
      ->allow_extra_args(false);
  run->add_flag("--wait", options.wait,
                "Waits for another run of the same sync to end, instead of "
                "ending with exit code 75");
  run->add_flag("--debug", options.debug,
                "Starts the connector with --debug, and shows and keeps its "
                "DEBUG lines (LOG_LEVEL, DB_LOG_LEVEL)");
  run->add_option("connector", options.connector,
                  "-- CONNECTOR [ARGS…]: the program; the command and "
                  "`--config … --catalog … --state …` are added; may be left "
                  "out to check the destination of --to alone");
  std::string pipe_folder;
  auto* init = app.add_subcommand(
      "init", "Makes the named pipes stdout and stderr in a folder, for a "
              "connector and a sidecar of other users; a Pod's init step");
  init->add_option("folder", pipe_folder, "The folder")->required();
  std::string packed_folder;
  std::string unpacked_folder;
  init->add_option("--into", unpacked_folder,
                   "Where the documents of --unpack are laid out");
  init->add_option("--unpack", packed_folder,
                   "A folder of documents that were too large for a Secret")
      ->needs("--into");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : wrong_settings;
  }
  hide_passwords(argc, argv);
  if (init->parsed()) {
    auto made = prepare_pipe_folder(pipe_folder);
    if (made && !packed_folder.empty())
      made = unpack_folder(packed_folder, unpacked_folder);
    if (!made)
      log::error("{}", made.error().what);
    return made ? 0 : 1;
  }
  int code = 1;
  try {
    code = run->parsed() ? run_connector(options, process_environment())
                         : run_beside_connector();
  } catch (const std::exception& error) {
    log::critical("{}", error.what());
  }
  return code;
}

/// The arguments of a fork server, which its copies hide.
char** server_arguments = nullptr;

/// Runs the sidecar in a copy of a fork server.
int run_copy(char** environment) {
  ::environ = environment;
  std::memset(server_arguments[1], 0, std::strlen(server_arguments[1]));
  server_arguments[1] = nullptr;
  const auto code = run_sidecar(1, server_arguments);
  std::fflush(nullptr);
  return code;
}

} // namespace

int main(int argc, char** argv) {
  open_standard_files();
  const std::string_view first = argc == 2 ? argv[1] : "";
  if (first == fork_server_argument) {
    server_arguments = argv;
    // The first digest has OpenSSL set itself up, once for all copies.
    sha256_hex({});
    return run_fork_server(run_copy);
  }
  const auto code = end_stdout(run_sidecar(argc, argv));
  // CAF does not join the threads of detached actors. A thread that is about to
  // end would use libraries that are torn down: OpenSSL's state of a thread was
  // freed twice.
  std::fflush(nullptr);
  ::_exit(code);
}
