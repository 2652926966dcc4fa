#include "controller/syncs/sync_keeper.hpp"

#include "controller/definitions/changed_configs.hpp"
#include "controller/definitions/kept_sync.hpp"
#include "controller/syncs/announcements.hpp"
#include "controller/syncs/failure_follow_up.hpp"
#include "controller/syncs/left_read_end.hpp"
#include "controller/syncs/place_watch.hpp"
#include "controller/syncs/run_outcome.hpp"
#include "controller/syncs/run_reading.hpp"
#include "controller/syncs/schema_watch.hpp"
#include "controller/syncs/sync_service.hpp"
#include "controller/syncs/sync_specs.hpp"
#include "controller/syncs/table_watch.hpp"
#include "runtime/base/log.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace motorcade {

namespace {

/// The most syncs that are looked at in a step.
constexpr size_t most_due = 1000;

/// @returns whether the run has asked the source what it has.
bool has_asked(const sync_run& run) {
  return run.stage == run_stage::discovering || run.started_at.has_value();
}

std::string started_by(const sync_run& run) {
  return write_json(nlohmann::json{{"trigger", run.trigger},
                                   {"attempt", run.attempt},
                                   {"dueAt", to_iso8601_micros(run.due_at)}});
}

} // namespace

std::string scheduled_run_id(const std::string& sync_id, wall_time due) {
  return stable_id(sync_id + '\n' + to_iso8601_micros(due));
}

result<void> sync_keeper::step(wall_time now) {
  if (auto done = pause_for_changes(rows_, now); !done)
    return done;
  auto left = end_left_reads(rows_, tasks_);
  if (!left)
    return left.error();
  left_ = std::move(*left);
  if (auto done = add_due(now); !done)
    return done;
  auto runs = records_.active_runs();
  if (!runs)
    return runs.error();
  // Ends are stored first: a start may take long.
  std::stable_partition(runs->begin(), runs->end(), [](const sync_run& run) {
    return run.stage == run_stage::reading;
  });
  for (const auto& run : *runs) {
    auto done = advance(run, now);
    if (done)
      continue;
    // A sync that cannot be run does not keep others from running.
    if (done.error().code == ec::database_unavailable)
      return done;
    log::error("run {} of sync {}: {}", run.id, run.sync_id, done.error().what);
  }
  return follow_failures(rows_, now);
}

result<void> sync_keeper::add_due(wall_time now) {
  auto syncs = records_.due(now, most_due);
  if (!syncs)
    return syncs.error();
  for (const auto& row : *syncs) {
    const auto due = *row.next_run_at;
    // A further try that waits begins now: it would keep this run from being
    // added.
    auto hastened = records_.hasten_retry(row.id, "schedule", due);
    if (!hastened)
      return hastened.error();
    sync_run run;
    run.id = hastened->value_or(scheduled_run_id(row.id, due));
    run.sync_id = row.id;
    run.trigger = "schedule";
    run.due_at = due;
    // Added before the next time is stored: after a crash in between the same
    // run is added again, which has no effect.
    auto added = records_.add_run(run);
    if (!added)
      return added.error();
    if (!*added) {
      auto there = records_.find_run(run.id);
      if (!there)
        return there.error();
      if (!*there)
        log::warn("sync {}: skipped its run of {}, since the previous run is "
                  "still under way",
                  row.id, to_iso8601_millis(due));
    }
    // The schedule is no secret: a row whose key is gone gets its next time,
    // too.
    auto open = open_part_of(row);
    auto advanced = records_.advance(
        row.id, due,
        open ? next_run_of(*open, row.id, std::max(now, due)) : std::nullopt);
    if (!advanced)
      return advanced.error();
  }
  return {};
}

result<void> sync_keeper::advance(const sync_run& run, wall_time now) {
  if (run.stage == run_stage::waiting && run.due_at > now)
    return {};
  auto row = records_.find(run.sync_id);
  if (!row)
    return row.error();
  if (!*row) {
    // The process that deleted it ended before it could note this.
    if (auto noted = rows_.left.add(run.id, run.sync_id); !noted)
      return noted;
    auto stored =
        records_.put_stage(run.id, run_stage::cancelled, "the sync is deleted");
    return stored ? result<void>{} : stored.error();
  }
  if (run.stage == run_stage::reading)
    return await_read(run, **row, now);
  if (!(*row)->paused.empty() && run.trigger != "manual") {
    auto stored =
        records_.put_stage(run.id, run_stage::cancelled, "the sync is paused");
    return stored ? result<void>{} : stored.error();
  }
  if (const auto left = left_.find(run.sync_id); left != left_.end())
    return hold(run, "an earlier sync of this id was deleted while it read; "
                     "its read "
                         + left->second
                         + " is cancelled, and this run begins when that has "
                           "ended");
  return begin(run, **row, now);
}

result<void> sync_keeper::begin(const sync_run& run, const stored_sync& row,
                                wall_time now) {
  if (auto taken = take_changed_configs(rows_, keys_, row.id, run.id); !taken)
    return taken;
  // Its secrets may have changed by now.
  auto current = records_.find(row.id);
  if (!current)
    return current.error();
  if (!*current)
    return {};
  auto sync = open_sync(**current, keys_);
  if (!sync)
    return end(run, run_stage::failed, sync.error().what, follow_up::count);
  auto told = expect_spec(inputs_, tasks_, *sync, run.created_at, now);
  if (!told)
    return told.error();
  if (!*told)
    return await_spec(run, *sync, now);
  auto going = run;
  if (is_spec_wait(run, *sync))
    going.error.clear();
  return await_discover(going, **current, *sync, now);
}

result<void> sync_keeper::await_spec(const sync_run& run,
                                     const sync_definition& sync,
                                     wall_time now) {
  if (is_spec_wait(run, sync))
    return {};
  auto stored = records_.put_stage(run.id, run_stage::waiting,
                                   spec_wait_of(sync) + " since "
                                       + to_iso8601_millis(now));
  return stored ? result<void>{} : stored.error();
}

result<void> sync_keeper::await_discover(const sync_run& run,
                                         const stored_sync& row,
                                         const sync_definition& sync,
                                         wall_time now) {
  auto found = inputs_.discovered(sync.package, sync.version,
                                  discover_key_of(sync, row.id, keys_));
  if (!found)
    return found.error();
  const auto& answer = *found;
  // The answer to a run's own discover counts however old it seems: clocks may
  // differ.
  const auto asked = has_asked(run);
  if (!answer)
    return start_discover(run, row, sync, now);
  switch (answer->status) {
  case task_status::running:
    return asked ? result<void>{} : start_discover(run, row, sync, now);
  case task_status::success:
    if (answer->catalog.empty()
        || (!asked && now - answer->time > sync.schema_changes.every))
      return start_discover(run, row, sync, now);
    return start_read(run, row, sync, answer->catalog, now);
  default:
    if (!asked)
      return start_discover(run, row, sync, now);
    return end(run, run_stage::failed,
               std::string{discover_failed} + answer->description,
               follow_up_of(answer->description, false));
  }
}

result<void> sync_keeper::note_given(const stored_sync& row) {
  return row.given_secrets == row.secrets
             ? result<void>{}
             : records_.note_given(row.id, row.secrets);
}

result<void> sync_keeper::start_discover(const sync_run& run,
                                         const stored_sync& row,
                                         const sync_definition& sync,
                                         wall_time now) {
  const auto task = discover_task(sync, row.id, keys_, now);
  if (auto noted = note_given(row); !noted)
    return noted;
  // The stage is stored once the row of the discover says RUNNING, which hides
  // an earlier answer.
  if (auto begun = tasks_.start(task); !begun) {
    const auto& why = begun.error();
    if (!may_begin_later(why.code))
      return end(run, run_stage::failed, describe_refusal(why),
                 follow_up_of(why.code));
    if (why.code != ec::already_exists)
      return hold(run, why.what);
    // Another one that runs is as good; one that has just ended, or whose
    // sync's connector is being ended, is not.
    auto found =
        inputs_.discovered(task.package, task.version, task.storage_key);
    if (!found)
      return found.error();
    if (!*found || (*found)->status != task_status::running)
      return hold(run, why.what);
  }
  auto stored = records_.put_stage(run.id, run_stage::discovering,
                                   "waits for the discover of " + task.package
                                       + ':' + task.version + " since "
                                       + to_iso8601_millis(now));
  if (!stored)
    return stored.error();
  // The run was cancelled while its discover was being started: that one is
  // cancelled, too.
  if (!*stored)
    if (auto ended = tasks_.cancel({row.id, inquiry_id(task)});
        !ended && ended.error().code != ec::not_found)
      return ended.error();
  return {};
}

result<void> sync_keeper::start_read(const sync_run& run,
                                     const stored_sync& row,
                                     const sync_definition& sync,
                                     const std::string& discovered,
                                     wall_time now) {
  auto watched =
      watch_schema(rows_, row.id, sync, discovered, !row.paused.empty(), now);
  if (!watched)
    return watched.error();
  if (!watched->pause.empty()) {
    // Before the end is stored, at which a client looks at the sync.
    if (auto paused = pause_for_changes(rows_, now); !paused)
      return paused;
    return end(run, run_stage::cancelled, watched->pause);
  }
  auto catalog = catalog_of(*watched, discovered);
  if (!catalog)
    // The source may have got what is missing since it was asked.
    return has_asked(run)
               ? end(run, run_stage::failed,
                     as_config_error(catalog.error().what), follow_up::count)
               : start_discover(run, row, sync, now);
  if (auto noted = note_reading(rows_, run, catalog->gone, *watched, now);
      !noted)
    return noted;
  const auto place = places_(watched->sync, watched->catalog);
  if (!place)
    return end(run, run_stage::failed, as_config_error(place.error().what),
               follow_up::count);
  auto taken = claim_tables(rows_, keys_, places_, run, *place);
  if (!taken)
    return taken.error();
  if (!taken->empty())
    return end(run, run_stage::failed, as_config_error(*taken),
               follow_up::count);
  auto elsewhere =
      goes_elsewhere(rows_, tasks_, run, sync.package, *place, now);
  if (!elsewhere)
    return elsewhere.error();
  task_request task;
  task.command = "read";
  task.package = sync.package;
  task.version = sync.version;
  task.sync_id = row.id;
  task.task_id = run.id;
  task.started_at = now;
  task.started_by = started_by(run);
  task.target_namespace = sync.options.target_namespace;
  task.table_name_prefix = sync.options.table_name_prefix;
  task.to_same_case = sync.options.to_same_case;
  task.add_meta = sync.options.add_meta;
  task.deduplicate = sync.options.deduplicate;
  task.debug = sync.options.debug;
  task.continues = !*elsewhere;
  task.full_sync = *elsewhere;
  // Its time has come: the start is not delayed once more.
  task.no_delay = true;
  task.config = sync.config;
  task.catalog = std::move(catalog->json);
  task.destination_config = sync.destination;
  if (auto noted = note_given(row); !noted)
    return noted;
  return start(run, task);
}

result<void> sync_keeper::hold(const sync_run& run, const std::string& why) {
  if (run.stage == run_stage::waiting && run.error == why)
    return {};
  log::warn("run {} of sync {} cannot begin yet: {}", run.id, run.sync_id, why);
  auto stored = records_.put_stage(run.id, run_stage::waiting, why);
  return stored ? result<void>{} : stored.error();
}

result<void> sync_keeper::start(const sync_run& run, const task_request& task) {
  if (auto begun = tasks_.start(task); !begun) {
    // The task may have begun all the same: the answer to an earlier start may
    // be lost.
    auto there = tasks_.find(run.id);
    if (!there)
      return there.error();
    if (!*there) {
      if (!may_begin_later(begun.error().code))
        return end(run, run_stage::failed, describe_refusal(begun.error()),
                   follow_up_of(begun.error().code));
      return hold(run, begun.error().what);
    }
  }
  auto stored = records_.put_stage(run.id, run_stage::reading, "");
  return stored ? result<void>{} : stored.error();
}

result<void> sync_keeper::await_read(const sync_run& run,
                                     const stored_sync& row, wall_time now) {
  auto task = tasks_.find(run.id);
  if (!task)
    return task.error();
  if (!*task)
    return end(run, run_stage::failed, "its task is gone", follow_up::retry);
  const auto& found = **task;
  if (found.status == task_status::running)
    return {};
  // Taken before the end is stored: a client that waits for the end may start
  // the next run.
  if (auto taken = take_changed_configs(rows_, keys_, row.id, run.id); !taken)
    return taken;
  if (found.status == task_status::success)
    if (auto told = announce_recovery(rows_, run, row, now); !told)
      return told;
  const auto figures = figures_of(found);
  switch (found.status) {
  case task_status::success:
    return end(run, run_stage::success, "", follow_up::nothing, figures);
  case task_status::partial:
    return end(run, run_stage::partial, found.error,
               follow_up_of_part(found.error), figures);
  case task_status::cancelled:
    return end(run, run_stage::cancelled, found.error, follow_up::nothing,
               figures);
  default:
    return end(run, run_stage::failed, found.error,
               follow_up_of(found.error, figures.rows.value_or(0) > 0),
               figures);
  }
}

result<void> sync_keeper::end(const sync_run& run, run_stage stage,
                              const std::string& error, follow_up next,
                              const run_figures& figures) {
  auto stored = records_.put_stage(run.id, stage, error, next, figures);
  if (stored && *stored) {
    log::info("run {} of sync {} ended as {}", run.id, run.sync_id,
              to_string(stage));
    if (counts_ != nullptr)
      counts_->add(run.sync_id, stage, figures.rows.value_or(0));
  }
  return stored ? result<void>{} : stored.error();
}

} // namespace motorcade
