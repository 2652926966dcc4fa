#include "sidecar/inquiry_task.hpp"

#include "actors/sync/inquirer.hpp"
#include "actors/sync/inquiry_result.hpp"
#include "actors/sync/parser.hpp"
#include "actors/sync/pipe_reader.hpp"
#include "actors/sync/store.hpp"
#include "actors/sync/task_log.hpp"
#include "runtime/base/log.hpp"
#include "runtime/destination/choice/make_destination.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/task/result_document.hpp"
#include "sidecar/actor_machine.hpp"
#include "sidecar/destination_check.hpp"
#include "sidecar/patient_call.hpp"
#include "sidecar/secrets.hpp"
#include "sidecar/task_parts.hpp"
#include "sidecar/workload_guard.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <chrono>
#include <string>

namespace motorcade {

namespace {

constexpr size_t slab_bytes = 256 << 10;

/// The longest outage of the database that is waited for before the start.
constexpr auto row_patience = std::chrono::minutes{10};

/// The bytes that may be under way from the pipes to the database.
constexpr size_t window_bytes = 8u << 20;

inquiry to_inquiry(sidecar_command command) {
  switch (command) {
  case sidecar_command::spec:
    return inquiry::spec;
  case sidecar_command::check:
    return inquiry::check;
  default:
    return inquiry::discover;
  }
}

/// @returns the task of the log if no TASK_ID is set.
std::string log_task_id(const sidecar_settings& settings) {
  if (!settings.task_id.empty())
    return settings.task_id;
  if (!settings.storage_key.empty())
    return settings.storage_key;
  return settings.package + ":" + settings.package_version;
}

/// @returns the result of a command with a wrong setting that only its use
/// shows.
task_result refuse(const failure& reason) {
  log::error("{}", reason.what);
  task_result out;
  out.reason = mask_secrets(to_failure_reason(reason));
  out.exit_code = 2;
  return out;
}

/// @returns the result of a command that was told to stop before it began.
task_result stop_early(const sidecar_settings& settings) {
  task_result out;
  out.status = task_status::cancelled;
  out.exit_code = 0;
  if (settings.stop_is_failure) {
    out.status = task_status::failed;
    out.reason = stopped_failure(settings.place, {});
    out.exit_code = 1;
  }
  return out;
}

/// @returns whether syncctl has ended the command before its connector could
/// start, as when its image came too late: a connector that starts for nothing
/// may use up a token that is good for one use. False if the database does not
/// answer in time; the actor that needs it then waits for it once more before
/// it reads the connector.
bool is_over(const sidecar_settings& settings, database& db) {
  if (!settings.stop_is_failure)
    return false;
  result_row row;
  row.command = to_inquiry(settings.command);
  row.package = settings.package;
  row.version = settings.package_version;
  row.key = settings.storage_key;
  row.yields_since = settings.started_at;
  const auto ended = call_patiently(row_patience, "the database", [&] {
    const auto ready = db.prepare();
    return ready ? db.has_ended(row) : result<bool>{ready.error()};
  });
  if (!ended)
    log::warn("it is not known whether this {} is over already: {}",
              name_of(row.command), ended.error().what);
  return ended && *ended;
}

/// Reports the ends of two pipes that no connector will open.
reading_actors read_nothing(const coordinator_actor& conductor) {
  for (auto kind : {pipe_kind::out, pipe_kind::err})
    rt::tell_from_outside(conductor, std::make_shared<const pipe_end>(
                                         pipe_end{kind, 0, true, {}}));
  return {};
}

task_result inquire(const sidecar_settings& settings,
                    const inquiry_files& files, workload_guard& guard,
                    const std::function<void(int)>& on_stop_signal) {
  if (auto places = find_output_places(settings); !places)
    return refuse(places.error());
  auto db = make_database(settings.database_url);
  if (!db)
    return refuse(db.error());
  if (is_over(settings, **db)) {
    auto out = stop_early(settings);
    out.reason = stopped_failure(
        settings.place, "the row of the "
                            + std::string{name_of(to_inquiry(settings.command))}
                            + " says that it was over before its connector "
                              "could start, so it is not started");
    log::warn("{}", out.error());
    return out;
  }
  destination_ptr where;
  if (!settings.logs_connection_id.empty()) {
    auto made = make_destination(to_destination(settings));
    if (!made)
      return refuse(made.error());
    where = *made;
  }
  const auto has_connector = !settings.stdout_pipe_file.empty();
  std::string known_answer;
  if (!files.destination_config.empty() || !has_connector) {
    auto tried = check_destination(settings, files.destination_config);
    if (tried.status == task_status::cancelled)
      return stop_early(settings);
    if (tried.status != task_status::success || !has_connector)
      known_answer = std::move(tried.document);
  }
  auto metrics = make_metric_board(settings);
  metrics_exporter exporter{to_metrics_export(settings), metrics};
  auto window = std::make_shared<byte_window>(window_bytes);
  auto pool = std::make_shared<slab_pool>(slab_bytes);

  actor_machine machine{2};
  auto& system = machine.system();
  auto task_id = log_task_id(settings);
  auto stores = system.spawn<caf::detached>(
      store, std::shared_ptr<database>{std::move(*db)}, settings.sync_id,
      task_id);
  auto log_settings = to_task_log(settings, task_id, stores, window_bytes);
  log_settings.metrics = metrics;
  if (where)
    send_to_destination(log_settings, settings, where,
                        std::make_shared<retry_budget>(window_bytes));
  auto logs = system.spawn(task_log, std::move(log_settings));

  slab_parser_settings parsing;
  parsing.max_line_bytes = settings.max_line_bytes;
  // Any line may be the last one of a connector that does not answer.
  parsing.min_level = log_level::debug;
  parsing.window = window;

  auto reading = to_reading(settings, pool, window, 1);

  inquirer_settings conducting;
  conducting.row.command = to_inquiry(settings.command);
  conducting.row.package = settings.package;
  conducting.row.version = settings.package_version;
  conducting.row.key = settings.storage_key;
  conducting.store = stores;
  conducting.window = window;
  conducting.metrics = metrics;
  conducting.config = to_config_keeping(settings);
  conducting.known_answer = std::move(known_answer);
  conducting.connector_spec = keep_secrets_of_config(settings, files.config);
  conducting.connector_config = files.config;
  conducting.log = logs;
  conducting.exit_code_file = settings.exit_code_file;
  conducting.stop_is_failure = settings.stop_is_failure;
  conducting.place = settings.place;
  conducting.started_at = settings.started_at;
  auto within_sync = !settings.sync_id.empty();
  conducting.answer_timeout = within_sync ? settings.answer_timeout_within_sync
                                          : settings.answer_timeout;
  if (within_sync)
    conducting.answer_timeout_name = "SIDECAR_FILE_TIMEOUT_WITHIN_SYNC_MINUTES";
  conducting.read = [&](const coordinator_actor& conductor) {
    if (!has_connector)
      return read_nothing(conductor);
    reading.parsers.push_back(
        system.spawn(parser, parsing, conductor, reading.waiting));
    return spawn_readers(system, settings, reading, conductor);
  };
  auto conductor = system.spawn(inquirer, conducting);
  return *machine.conduct(conductor, logs, stores, guard, on_stop_signal);
}

} // namespace

task_result run_inquiry_task(const sidecar_settings& settings,
                             const inquiry_files& files,
                             const std::function<void(int)>& on_stop_signal) {
  workload_guard guard{settings};
  auto out = inquire(settings, files, guard, on_stop_signal);
  guard.report(out, guard.wants_document() ? make_result_document(
                        to_inquiry(settings.command), out.document,
                        out.reason ? &*out.reason : nullptr, out.config_changed)
                                           : std::string{});
  return out;
}

} // namespace motorcade
