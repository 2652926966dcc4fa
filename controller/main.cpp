#include "controller/all_settings.hpp"
#include "controller/api/api.hpp"
#include "controller/controller.hpp"
#include "controller/definition_check.hpp"
#include "controller/definitions/reseal.hpp"
#include "controller/instance_id.hpp"
#include "controller/sync_files/file_commands.hpp"
#include "controller/sync_files/sync_folder.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/standard_files.hpp"
#include "runtime/base/stop_signals.hpp"
#include "runtime/database/sql_session.hpp"
#include "runtime/log/stderr_log.hpp"
#include "runtime/process/task_folder.hpp"
#include "runtime/sync_records/sync_tables.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include <malloc.h>
#include <unistd.h>

using namespace motorcade;

namespace {

constexpr int wrong_settings = 2;

/// @returns the settings; ends the process if they are wrong.
all_settings expect_settings() {
  auto settings = read_all_settings();
  if (!settings) {
    log::error("wrong settings:\n{}", settings.error().what);
    std::exit(wrong_settings);
  }
  return std::move(*settings);
}

/// @returns the place where connectors run, in words.
std::string describe_runtime(const all_settings& settings) {
  const auto& own = settings.own;
  if (own.runtime == controller_runtime::process)
    return "processes of " + own.connectors_dir + ", data in " + own.data_dir;
  return "Kubernetes at " + settings.access.server + ", namespace "
         + own.kubernetes_namespace;
}

/// @returns which clients may ask, in words for the log.
const char* describe_exposure(exposure open_to) {
  switch (open_to) {
  case exposure::tokens:
    return "with authorization";
  case exposure::machine:
    return "open to this machine alone";
  default:
    return "open to all";
  }
}

int check_config() {
  auto settings = expect_settings();
  if (!settings.own.syncs_enabled)
    std::puts("the settings are fine; SYNCCTL_SYNCS_ENABLED=false, so syncctl "
              "would end at once");
  else
    std::printf("the settings are fine: port %d, %s, %s\n",
                settings.own.http_port, describe_runtime(settings).c_str(),
                describe_exposure(settings.listen.open_to));
  return 0;
}

/// Reads a token from stdin, so that it stands in no list of processes.
int print_hash(std::string salt) {
  std::string token;
  if (::isatty(STDIN_FILENO) != 0)
    std::fputs("token: ", stderr);
  std::getline(std::cin, token);
  if (!is_token(token)) {
    log::error("the token on stdin may consist only of letters, digits, _ "
               "and -");
    return wrong_settings;
  }
  if (salt.empty()) {
    salt = make_uuid();
    std::erase(salt, '-');
  } else if (!is_token(salt)) {
    log::error("--salt may consist only of letters, digits, _ and -");
    return wrong_settings;
  }
  const auto* secret = std::getenv("SYNCCTL_TOKEN_SECRET");
  std::puts(hash_token(token, salt, secret == nullptr ? "" : secret).c_str());
  return 0;
}

std::string find_instance_id(const controller_settings& settings) {
  if (!settings.instance_id.empty())
    return settings.instance_id;
  const auto* home = std::getenv("HOME");
  auto kept = keep_instance_id(settings.data_dir.empty()
                                   ? std::string{home == nullptr ? "" : home}
                                         + "/.syncctl"
                                   : settings.data_dir);
  if (kept)
    return *kept;
  auto id = make_uuid();
  log::warn("the instance id {} holds for this run only, since it cannot be "
            "stored ({}); set SYNCCTL_INSTANCE_ID to keep one",
            id, kept.error().what);
  return id;
}

/// @returns the keys that seal secrets of syncs: those of the settings, or on
/// one machine those of a file, which is made at the first start. Nothing: a
/// cluster without them keeps no syncs.
result<std::optional<sealing_keys>>
find_sealing_keys(const all_settings& settings) {
  if (settings.keys || settings.own.runtime != controller_runtime::process)
    return settings.keys;
  const auto path = settings.own.data_dir + "/encryption.key";
  std::error_code ignored;
  const auto was_there = std::filesystem::exists(path, ignored);
  auto kept = keep_sealing_keys(path);
  if (!kept)
    return kept.error();
  if (!was_there)
    log::warn("made a new key in {}, which seals the secrets of syncs; keep a "
              "copy of it apart from the database. Syncs that another key has "
              "sealed cannot be read: put that key back there, or into "
              "SYNCCTL_ENCRYPTION_KEYS",
              path);
  return std::optional{std::move(*kept)};
}

/// Seals the secrets of syncs by the first key, also while a syncctl runs.
int reseal() {
  auto settings = expect_settings();
  auto keys = find_sealing_keys(settings);
  if (!keys || !*keys) {
    log::error("SYNCCTL_ENCRYPTION_KEYS: {}",
               keys ? "missing; without keys no syncs are kept"
                    : keys.error().what);
    return wrong_settings;
  }
  auto place = make_sql_place(settings.own.database_url);
  if (!place) {
    log::error("SYNCCTL_DATABASE_URL: {}", place.error().what);
    return wrong_settings;
  }
  sync_tables rows{place->session};
  auto done = reseal_syncs(rows, **keys);
  if (!done) {
    log::error("{}", done.error().what);
    return 1;
  }
  std::printf(
      "the secrets of %zu syncs were sealed anew by the first key, those "
      "of %zu already were\n",
      done->resealed, done->untouched);
  for (const auto& trouble : done->troubles)
    log::error("{}", trouble);
  return done->troubles.empty() ? 0 : 1;
}

/// Prints what a command has done. @returns its exit code.
int report(const command_outcome& outcome) {
  for (const auto& line : outcome.done)
    std::puts(line.c_str());
  for (const auto& line : outcome.faults)
    log::error("{}", line);
  return outcome.faults.empty() ? 0 : 1;
}

/// @returns the syncctl of SYNCCTL_API_URL, by default that of this machine,
/// with the token of SYNCCTL_API_TOKEN: neither stands in a list of processes.
api_place find_api() {
  const auto* url = std::getenv("SYNCCTL_API_URL");
  const auto* token = std::getenv("SYNCCTL_API_TOKEN");
  api_place out{url == nullptr || *url == '\0' ? "http://127.0.0.1:3043" : url,
                token == nullptr ? "" : token};
  while (out.url.ends_with('/'))
    out.url.pop_back();
  keep_secret(out.token);
  return out;
}

int serve() {
  auto settings = expect_settings();
  start_stderr_log(settings.own.own_log_level);
  if (!settings.own.syncs_enabled) {
    log::info("SYNCCTL_SYNCS_ENABLED=false: ending at once");
    return 0;
  }
  auto by_processes = settings.own.runtime == controller_runtime::process;
  std::optional<data_folder> data;
  if (by_processes) {
    auto opened = data_folder::open(settings.own.data_dir);
    if (!opened) {
      log::error("SYNCCTL_DATA_DIR: {}", opened.error().what);
      return 1;
    }
    data.emplace(std::move(*opened));
  }
  auto keys = find_sealing_keys(settings);
  if (!keys) {
    log::error("SYNCCTL_ENCRYPTION_KEYS: {}", keys.error().what);
    return 1;
  }
  const auto& syncs = settings.syncs;
  if (!(syncs.syncs_dir.empty() && syncs.repository_base_url.empty())
      && !*keys) {
    log::error("{}: no syncs are kept without SYNCCTL_ENCRYPTION_KEYS",
               syncs.syncs_dir.empty() ? "REPOSITORY_BASE_URL"
                                       : "SYNCCTL_SYNCS_DIR");
    return wrong_settings;
  }
  try {
    controller controls{settings.own,
                        settings.access,
                        {find_instance_id(settings.own), MOTORCADE_VERSION},
                        {*keys, settings.webhooks, syncs}};
    controller_api api{controls.service(), controls.syncs(), controls.tables(),
                       std::move(settings.tokens), settings.listen.open_to};
    http_server_settings listening;
    listening.host = settings.listen.address;
    listening.port = settings.own.http_port;
    listening.logged = controller_api::harmless_parameters();
    auto server = http_server::start(std::move(listening), api.handlers());
    if (!server) {
      log::error("SYNCCTL_HTTP_PORT: {}", server.error().what);
      return 1;
    }
    log::info("listening on port {} of {}", (*server)->port(),
              settings.listen.address);
    if (auto warning = exposure_warning(settings.listen.open_to);
        !warning.empty())
      log::warn("{}", warning);
    auto number = await_stop_signal();
    log::info("told to stop by {}; {}", signal_name(number),
              by_processes ? "ending its tasks, too"
                           : "tasks go on without this process");
    api.end_waits();
    (*server)->stop();
  } catch (const std::invalid_argument& error) {
    log::error("wrong settings:\nSYNCCTL_DATABASE_URL: {}", error.what());
    return wrong_settings;
  }
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  open_standard_files();
  // This comes first, too: the first process of a container would otherwise
  // lose an early signal, which is not sent again.
  hold_stop_signals();
  // Documents of a megabyte come and go: their memory is to be given back.
  ::mallopt(M_ARENA_MAX, 2);
  ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
  ::mallopt(M_MMAP_THRESHOLD, 256 << 10);
  ::signal(SIGPIPE, SIG_IGN);
  start_stderr_log(log_level::info);
  CLI::App app{
      "Runs Airbyte source connectors, as Pods of Kubernetes or as local "
      "processes: takes requests by HTTP, and keeps states and statuses in "
      "Postgres or SQLite.\n"
      "All settings come from the environment, or from syncctl.env in the "
      "folder SYNCCTL_CONFIG_PATH."};
  app.set_version_flag("--version", MOTORCADE_VERSION);
  auto* check = app.add_subcommand(
      "check-config", "Says whether the settings are fine, and starts nothing");
  auto* hash = app.add_subcommand(
      "hash-token", "Reads a token from stdin and prints its hash for "
                    "SYNCCTL_AUTH_TOKENS; set SYNCCTL_TOKEN_SECRET as for "
                    "syncctl");
  auto* resealing = app.add_subcommand(
      "reseal", "Seals the secrets of all syncs by the first of "
                "SYNCCTL_ENCRYPTION_KEYS, also while syncctl runs");
  std::string folder;
  auto* validating = app.add_subcommand(
      "validate", "Says whether the files of a folder define syncs");
  auto* applying = app.add_subcommand(
      "apply", "Puts the syncs of a folder's files to the syncctl of "
               "SYNCCTL_API_URL, with the token SYNCCTL_API_TOKEN");
  auto* exporting = app.add_subcommand(
      "export", "Writes the syncs of that syncctl into files of a folder, with "
                "variables in place of secrets");
  for (auto* one : {validating, applying, exporting})
    one->add_option("folder", folder, "The folder")->required();
  std::string salt;
  hash->add_option("--salt", salt, "Default: a random one");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : wrong_settings;
  }
  int code = 1;
  const auto fits_any = [](const sync_definition& sync) {
    return check_definition(sync);
  };
  try {
    code = check->parsed()       ? check_config()
           : hash->parsed()      ? print_hash(salt)
           : resealing->parsed() ? reseal()
           : validating->parsed()
               ? report(validate_files(folder, values_of_process(), fits_any))
           : applying->parsed() ? report(
                 apply_files(folder, values_of_process(), find_api(), fits_any))
           : exporting->parsed() ? report(export_files(folder, find_api()))
                                 : serve();
  } catch (const std::exception& error) {
    log::critical("{}", error.what());
  }
  code = end_stdout(code);
  // CAF does not join the threads of detached actors, which must not use
  // libraries that are torn down.
  std::fflush(nullptr);
  ::_exit(code);
}
