#include "sidecar/read_task.hpp"

#include "actors/sync/coordinator.hpp"
#include "actors/sync/parser.hpp"
#include "actors/sync/pipe_reader.hpp"
#include "actors/sync/store.hpp"
#include "actors/sync/task_log.hpp"
#include "runtime/base/batch_thread.hpp"
#include "runtime/base/found_file.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/stop_signals.hpp"
#include "runtime/destination/choice/make_destination.hpp"
#include "runtime/destination/choice/open_destination.hpp"
#include "runtime/files/private_file.hpp"
#include "runtime/log/stderr_log.hpp"
#include "runtime/sync_lock/sync_lock_keeper.hpp"
#include "runtime/task/packed_documents.hpp"
#include "schema/catalog/table_naming.hpp"
#include "schema/task/result_document.hpp"
#include "sidecar/actor_machine.hpp"
#include "sidecar/patient_call.hpp"
#include "sidecar/read_plan.hpp"
#include "sidecar/secrets.hpp"
#include "sidecar/state_recovery.hpp"
#include "sidecar/task_parts.hpp"
#include "sidecar/workload_guard.hpp"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <thread>

namespace motorcade {

namespace {

/// @returns the size of a slab: so large that wake-ups cost little beside its
/// rows, less than a pipe holds, so that a full one fills it at once, and small
/// for a task that keeps nothing for repeating: it is short of memory.
size_t slab_bytes(size_t streams, size_t kept_bytes) {
  if (kept_bytes == 0)
    return 256 << 10;
  return streams > 16 ? 960 << 10 : 512 << 10;
}

/// @returns the number of threads for the actors that have none of their own.
/// With two cores one is enough: reading and sending have theirs, and what
/// follows a parsed slab costs so little that waking another thread for it
/// would cost more. What is spooled is compressed in between, in a second one.
size_t actor_threads(size_t cores, const sidecar_settings& settings) {
  return cores > 2 ? cores : settings.spool_dir.empty() ? 1 : 2;
}

/// The bytes of the window besides those that are kept for repeating.
constexpr size_t unsent_bytes = 4u << 20;

/// The most bytes of rows that are held back behind the last state of a
/// request.
constexpr uint64_t most_held_bytes = 2u << 20;

/// The longest outage of the database that is waited for to store a refusal.
constexpr auto refusal_patience = std::chrono::minutes{10};

/// The wait for another run of the sync that has stored its end to exit.
constexpr std::chrono::milliseconds longest_goodbye{30'000};

/// Reads a document that the operator laid out.
result<std::string> read_file(const std::string& path) {
  auto text = read_found_file(path, most_document_bytes, links::followed);
  if (!text)
    return failure{ec::invalid_argument, text.error().what};
  return text;
}

/// @returns nothing if there is no such file.
result<std::string> read_file_if_any(const std::string& path) {
  auto text = read_found_file(path, most_document_bytes, links::followed);
  if (!text && text.error().code == ec::not_found)
    return std::string{};
  return text;
}

task_row make_row(const sidecar_settings& settings) {
  task_row row;
  row.sync_id = settings.sync_id;
  row.task_id = settings.task_id;
  row.package = settings.package;
  row.version = settings.package_version;
  row.started_at = settings.started_at;
  row.started_by = settings.started_by;
  return row;
}

/// Stores the row as soon as the database is there.
result<void> store_patiently(database& db, const task_row& row) {
  return call_patiently(refusal_patience, "the database", [&] {
    auto stored = db.prepare();
    if (stored) {
      if (auto put = db.put_task(row); !put)
        stored = put.error();
    }
    return stored;
  });
}

/// Goes on from a state that a killed run left in the destination, if there is
/// one: gives it to the connector, and plans the read anew.
result<void> go_on_from_left_state(const sidecar_settings& settings,
                                   connector_files& files, read_plan& plan,
                                   destination& where, database& db) {
  auto changed = recover_state(settings, files, !settings.state_out.empty(),
                               plan, where, db);
  if (!changed)
    return changed.error();
  if (!*changed)
    return {};
  // In a Pod the connector is another user.
  const mode_t mode = settings.place == task_place::pod ? 0644 : 0600;
  if (auto put = write_file(settings.state_out, files.state, mode); !put)
    return put;
  auto again = make_read_plan(settings, files);
  if (!again)
    return again.error();
  plan = *std::move(again);
  return {};
}

/// Ends a task that cannot start, and stores that in the database.
task_result refuse(const sidecar_settings& settings, database* db,
                   const failure& reason) {
  log::error("{}", reason.what);
  if (db != nullptr) {
    auto row = make_row(settings);
    row.status = task_status::failed;
    auto why = mask_secrets(to_failure_reason(reason));
    row.error = to_brief(why);
    row.metrics = R"({"failure":)" + to_json(why) + "}";
    if (auto stored = store_patiently(*db, row); !stored)
      log::error("the failure could not be stored: {}", stored.error().what);
  }
  task_result out;
  out.reason = mask_secrets(to_failure_reason(reason));
  out.exit_code = 2;
  return out;
}

/// @returns remarks as lines of log, before any actor runs.
log_batch_ptr make_remarks(const std::vector<std::string>& texts) {
  auto batch = std::make_shared<log_batch>();
  batch->logger = "sidecar";
  for (const auto& text : texts)
    batch->add(log_level::warn, text);
  return batch;
}

/// Takes the lock of the sync. If the holder is not known, since the database
/// is away or cannot be used, the task goes on: the lock is taken once the
/// database is back, and failures of its tables tell more.
/// @returns already_exists if another run has it and does not end.
result<sync_lock_ptr> take_sync(const sidecar_settings& settings) {
  auto lock = make_sync_lock(settings.database_url, settings.sync_id,
                             this_run(settings.task_id));
  if (!lock)
    return lock.error();
  auto taken =
      wait_for_sync(**lock, longest_goodbye, watch_stop_signals().get());
  if (!taken
      && (taken.error().code == ec::already_exists
          || taken.error().code == ec::cancelled))
    return taken.error();
  if (!taken)
    log::warn("the sync is not locked yet: {}", taken.error().what);
  return lock;
}

task_result read(const sidecar_settings& settings, connector_files files,
                 workload_guard& guard,
                 const std::function<void(int)>& on_stop_signal,
                 sync_lock_ptr lock) {
  auto db = make_database(settings.database_url);
  if (!db)
    return refuse(settings, nullptr, db.error());
  if (!lock) {
    auto taken = take_sync(settings);
    if (!taken) {
      auto out = refuse(settings, db->get(), taken.error());
      if (taken.error().code == ec::already_exists)
        out.exit_code = sync_is_taken;
      return out;
    }
    lock = std::move(*taken);
  }
  auto spec = keep_secrets_of_config(settings, files.config);
  if (auto places = find_output_places(settings); !places)
    return refuse(settings, db->get(), places.error());
  auto planned = make_read_plan(settings, files);
  if (!planned)
    return refuse(settings, db->get(), planned.error());
  auto where_settings = to_destination(settings);
  where_settings.uploads = planned->sessions.size();
  auto where = open_destination(where_settings, files.destination_config,
                                settings.task_id);
  if (!where)
    return refuse(settings, db->get(), where.error());
  if (!files.state_is_recovered)
    if (auto ok =
            go_on_from_left_state(settings, files, *planned, **where, **db);
        !ok)
      return refuse(settings, db->get(), ok.error());
  planned->remarks.insert(planned->remarks.end(), files.remarks.begin(),
                          files.remarks.end());
  if ((*where)->ignores_case()) {
    planned->naming.home = table_home::caseless_files;
    if (auto tables = assign_tables(planned->streams, planned->naming); !tables)
      return refuse(settings, db->get(), tables.error());
  }

  if (auto ours = check_tables(**where, *planned); !ours)
    return refuse(settings, db->get(), ours.error());

  // A warehouse has no place for lines of log.
  auto logs_where = where;
  if (!settings.logs_connection_id.empty() && !files.destination_config.empty())
    logs_where = make_destination(to_destination(settings));
  if (!logs_where)
    return refuse(settings, db->get(), logs_where.error());

  const auto appended = appended_streams(*planned);
  auto chains =
      make_chains(settings.full_sync ? "" : files.state, *planned, **where);
  auto metrics = make_metric_board(settings);
  metrics_exporter exporter{to_metrics_export(settings), metrics};
  auto kept_bytes = static_cast<size_t>(settings.retry_buffer_bytes);
  auto window_bytes = unsent_bytes + kept_bytes;
  auto window = std::make_shared<byte_window>(window_bytes);
  auto budget = std::make_shared<retry_budget>(kept_bytes);
  auto pool = std::make_shared<slab_pool>(
      slab_bytes(planned->sessions.size(), kept_bytes));
  auto cores = std::max(1u, std::thread::hardware_concurrency());
  auto parsers = std::clamp(cores - 1, 1u, 4u);

  actor_machine machine{actor_threads(cores, settings)};
  auto& system = machine.system();
  task_result_ptr outcome;
  {
    auto stores = system.spawn<caf::detached>(
        store, std::shared_ptr<database>{std::move(*db)}, settings.sync_id,
        settings.task_id);
    auto log_settings =
        to_task_log(settings, settings.task_id, stores, window_bytes);
    log_settings.metrics = metrics;
    if (!settings.logs_connection_id.empty())
      send_to_destination(log_settings, settings, *logs_where, budget);
    auto logs = system.spawn(task_log, std::move(log_settings));
    rt::tell_from_outside(logs, make_remarks(planned->remarks));

    slab_parser_settings parsing;
    for (const auto& stream : planned->sessions)
      parsing.streams.push_back(stream.id);
    parsing.max_line_bytes = settings.max_line_bytes;
    parsing.max_row_bytes = (*where)->max_row_bytes();
    parsing.staging = (*where)->staging();
    parsing.tail = {settings.add_meta, settings.sync_id, planned->generations};
    parsing.columns = planned->columns;
    // Errors are kept at any level: they may become the reason of a failure.
    parsing.min_level = std::min(
        {settings.db_log_level, settings.own_log_level, log_level::error});
    parsing.window = window;

    auto reading = to_reading(settings, pool, window, parsers);

    coordinator_settings conducting;
    conducting.session.streams = std::move(planned->sessions);
    conducting.session.pace = (*where)->pace();
    conducting.session.empties_tables = (*where)->empties_tables();
    // Requests to files are never sent again, so they need not be cut for it.
    auto repeats = conducting.session.pace.bytes != UINT64_MAX;
    if (kept_bytes > 0 && repeats)
      conducting.session.open_bytes_limit = kept_bytes / 2;
    // Held rows are in the window, and must never fill it.
    conducting.session.held_bytes_limit =
        std::min<uint64_t>(most_held_bytes, window_bytes / 8);
    if (!repeats) {
      conducting.session.longest_request = session_time::max();
      conducting.session.commits_are_costly = true;
    }
    conducting.session.requests_are_kept = !settings.spool_dir.empty();
    conducting.session.strict_record_count = settings.strict_record_count;
    conducting.session.whole_state_given = planned->whole_state_given;
    conducting.session.chains = std::move(chains);
    conducting.session.connector_config = files.config;
    conducting.row = make_row(settings);
    conducting.where = *where;
    conducting.budget = budget;
    conducting.spool_dir = settings.spool_dir;
    conducting.store = stores;
    conducting.config = to_config_keeping(settings);
    conducting.connector_spec = std::move(spec);
    conducting.log = logs;
    conducting.window = window;
    conducting.metrics = metrics;
    conducting.exit_code_file = settings.exit_code_file;
    conducting.signal_connector = on_stop_signal;
    conducting.stop_is_failure = settings.stop_is_failure;
    conducting.place = settings.place;
    conducting.stop_timeout = settings.stop_grace;
    conducting.idle_timeout = settings.source_idle_timeout;
    conducting.exit_timeout = settings.source_exit_timeout;
    conducting.task_timeout = settings.task_timeout;
    conducting.terminal = stderr_is_terminal();
    conducting.read = [&](const coordinator_actor& conductor) {
      for (unsigned i = 0; i < parsers; ++i)
        reading.parsers.push_back(
            system.spawn(parser, parsing, conductor, reading.waiting));
      return spawn_readers(system, settings, reading, conductor);
    };
    auto conductor = system.spawn(coordinator, std::move(conducting));
    sync_lock_keeper keeper{
        std::move(lock), [conductor, on_stop_signal](const failure& why) {
          rt::tell_from_outside(conductor,
                                std::make_shared<const failure>(why));
          if (on_stop_signal)
            on_stop_signal(SIGTERM);
        }};
    outcome = machine.conduct(conductor, logs, stores, guard, on_stop_signal);
    // By now every state is saved, and no other run of the sync has begun yet.
    if (outcome->status == task_status::success)
      if (auto done = (*where)->forget_states(appended); !done)
        log::warn("the states that were kept beside the rows stay there until "
                  "the next read: {}",
                  done.error().what);
  }
  return *outcome;
}

void report(workload_guard& guard, task_result& out) {
  guard.report(out, guard.wants_document() ? make_result_document(
                        out.status, out.streams,
                        out.reason ? &*out.reason : nullptr, out.config_changed)
                                           : std::string{});
}

} // namespace

result<std::string> read_destination_config(const sidecar_settings& settings) {
  const auto& given = settings.destination_config_file;
  if (given.empty())
    return read_file_if_any(settings.config_dir + "/destinationConfig.json");
  auto text = read_file(given);
  return text ? text_of_document(given, std::move(*text)) : std::move(text);
}

result<connector_files> read_connector_files(const sidecar_settings& settings) {
  const auto& directory = settings.config_dir;
  connector_files out;
  auto catalog = read_file(directory + "/catalog.json");
  if (!catalog)
    return catalog.error();
  out.catalog = std::move(*catalog);
  // Config and state may be absent: a connector may start afresh or have no
  // settings. An existing state must not be ignored: tables would be replaced.
  auto state = read_file_if_any(directory + "/state.json");
  if (!state)
    return state.error();
  out.state = std::move(*state);
  auto config = read_file_if_any(directory + "/config.json");
  if (!config)
    return config.error();
  out.config = std::move(*config);
  auto destination = read_destination_config(settings);
  if (!destination)
    return destination.error();
  out.destination_config = std::move(*destination);
  return out;
}

task_result refuse_read_task(const sidecar_settings& settings,
                             const failure& reason) {
  workload_guard guard{settings};
  auto db = make_database(settings.database_url);
  auto out =
      refuse(settings, db ? db->get() : nullptr, db ? reason : db.error());
  report(guard, out);
  return out;
}

task_result run_read_task(const sidecar_settings& settings,
                          const connector_files& files,
                          const std::function<void(int)>& on_stop_signal,
                          sync_lock_ptr lock) {
  // All threads of the task are started from here on.
  process_in_batches();
  workload_guard guard{settings};
  auto out = read(settings, files, guard, on_stop_signal, std::move(lock));
  report(guard, out);
  return out;
}

} // namespace motorcade
