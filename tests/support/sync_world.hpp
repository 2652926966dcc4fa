#pragma once

#include "controller/definitions/kept_sync.hpp"
#include "controller/syncs/sync_keeper.hpp"
#include "controller/tables/place_finder.hpp"
#include "schema/task/failure_reason.hpp"
#include "support/log_capture.hpp"
#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace motorcade::test {

/// Tasks that run nowhere: discovers answer at once, reads when the test says.
/// They are noted in the database as real ones are.
class scripted_tasks : public sync_tasks {
public:
  scripted_tasks(database& sidecar, task_records& records)
      : sidecar_{sidecar}, records_{records} {}

  result<void> start(const task_request& task) override {
    if (!refusal_)
      return refusal_;
    if (task.command == "spec") {
      specs.push_back(task);
      if (spec.empty() && spec_error.empty())
        return {};
      return tell_spec(task.package, task.version);
    }
    if (task.command == "discover") {
      discovers.push_back(task);
      return sidecar_.put_result({inquiry::discover, task.package, task.version,
                                  task.storage_key,
                                  hangs             ? task_status::running
                                  : catalog.empty() ? task_status::failed
                                                    : task_status::success,
                                  hangs ? "" : catalog, catalog_error});
    }
    task_row row;
    row.sync_id = task.sync_id;
    row.task_id = task.task_id;
    row.package = task.package;
    row.version = task.version;
    row.started_at = task.started_at;
    row.started_by = task.started_by;
    auto begun = records_.begin_task(row);
    if (!begun)
      return begun.error();
    if (!*begun)
      return failure{ec::already_exists, "there is such a task"};
    reads.push_back(task);
    return {};
  }

  result<void> cancel(const task_key& which) override {
    cancelled.push_back(which.task_id);
    for (const auto* asked : {&specs, &discovers})
      if (!asked->empty() && inquiry_id(asked->back()) == which.task_id)
        return end_inquiry(asked->back());
    if (!obeys)
      return {};
    return end(which.task_id, task_status::cancelled, "cancelled");
  }

  result<std::string> find_saving(const std::string&) override {
    auto out = saving;
    if (auto begun = std::exchange(begins_after_look, {})) {
      if (auto done = start(*begun); !done)
        return done.error();
      saving = begun->task_id;
    }
    if (saves_until_seen)
      saving.clear();
    return out;
  }

  result<std::optional<task_record>> find(const std::string& id) override {
    return records_.find(id);
  }

  /// Ends a read.
  result<void> end(const std::string& id, task_status status,
                   const std::string& error = {}, uint64_t rows = 0) {
    auto found = records_.find(id);
    if (!found)
      return found.error();
    if (!*found)
      return failure{ec::not_found, "there is no such task"};
    task_row row;
    row.sync_id = (*found)->sync_id;
    row.task_id = id;
    row.package = (*found)->package;
    row.version = (*found)->version;
    row.started_at = (*found)->started_at;
    row.status = status;
    row.error = error;
    row.metrics = R"({"committed_rows":)" + std::to_string(rows) + "}";
    auto stored = sidecar_.put_task(row);
    return stored ? result<void>{} : stored.error();
  }

  /// Stores what a spec answers.
  result<void> tell_spec(const std::string& package,
                         const std::string& version) {
    return sidecar_.put_result(
        {inquiry::spec, package, version, "",
         spec.empty() ? task_status::failed : task_status::success, spec,
         spec_error});
  }

  /// Stores that a spec or a discover was cancelled.
  result<void> end_inquiry(const task_request& task) {
    return sidecar_.put_result(
        {task.command == "spec" ? inquiry::spec : inquiry::discover,
         task.package, task.version, task.storage_key, task_status::failed, "",
         to_brief(cancelled_failure())});
  }

  /// What starts answer from now on.
  void refuse(failure why) { refusal_ = std::move(why); }

  void allow() { refusal_ = {}; }

  std::vector<task_request> specs;
  std::vector<task_request> discovers;
  std::vector<task_request> reads;
  std::vector<std::string> cancelled;
  /// The read whose sidecar may still save states.
  std::string saving;
  /// Whether it has ended once it was asked for.
  bool saves_until_seen = false;
  /// A read that begins just after it was asked for.
  std::optional<task_request> begins_after_look;
  /// Whether a read ends as soon as it is cancelled.
  bool obeys = true;
  /// What a discover answers; empty: it fails.
  std::string catalog =
      R"({"streams":[{"name":"users","json_schema":{},"supported_sync_modes":["full_refresh"]}]})";
  std::string catalog_error;
  /// Whether discovers give no answer.
  bool hangs = false;
  /// What a spec answers; empty: it fails with the error, or does not answer if
  /// that is empty, too.
  std::string spec = R"({"connectionSpecification":{"type":"object"}})";
  std::string spec_error;

private:
  database& sidecar_;
  task_records& records_;
  result<void> refusal_;
};

/// Syncs in a database, with tasks of a script and a clock of the test.
struct sync_world {
  explicit sync_world(world_ptr empty)
      : at{std::move(empty)},
        place{get(make_sql_place(at.world->url()))},
        rows{place.session},
        keys{get(sealing_keys::parse(sealing_keys::make_key()))},
        tasks{*at.sidecar, *at.records} {}

  /// Keeps a sync.
  /// @param more Members besides its source.
  void keep(const std::string& id, const std::string& more = {},
            wall_time made = first_day) {
    if (!get(records.insert(make(id, more, made))))
      throw std::runtime_error{"there is such a sync"};
  }

  /// Replaces a sync that is kept, as `keep` makes it.
  void change(const std::string& id, const std::string& more,
              wall_time made = first_day) {
    const auto seen = get(records.find(id));
    if (!seen || !get(records.replace(make(id, more, made), *seen)))
      throw std::runtime_error{"there is no such sync"};
  }

  /// Adds a run by hand.
  std::string ask(const std::string& id, wall_time now) {
    sync_run run;
    run.id = make_uuid();
    run.sync_id = id;
    run.trigger = "manual";
    run.due_at = now;
    if (!get(records.add_run(run)))
      throw std::runtime_error{"the sync runs"};
    return run.id;
  }

  void step(wall_time now) {
    sync_keeper keeper{rows, keys, tasks, places};
    get(keeper.step(now));
  }

  /// @returns the stages of its runs, the oldest first.
  std::vector<std::string> stages(const std::string& id) {
    std::vector<std::string> out;
    for (const auto& one : get(records.runs(id, 1000)))
      out.insert(out.begin(), std::string{to_string(one.stage)});
    return out;
  }

  /// @returns its newest run.
  sync_run last(const std::string& id) {
    return get(records.runs(id, 1)).at(0);
  }

  /// @returns the row of a sync.
  stored_sync make(const std::string& id, const std::string& more,
                   wall_time made) {
    auto sync = get(parse_sync(R"({"source":{"package":")" + package
                                   + R"(","version":")" + version
                                   + R"(","config":{"key":"hunter2-hunter2"}})"
                                   + (more.empty() ? "" : "," + more) + "}",
                               id));
    stored_sync row;
    row.id = id;
    row.open = write_open_part(sync);
    row.secrets = seal_secrets(sync, id, keys);
    row.version = "1";
    row.next_run_at = next_run_of(sync, id, made);
    return row;
  }

  static constexpr wall_time first_day =
      std::chrono::sys_days{std::chrono::year{2026} / 11 / 28};

  /// The source of syncs that are kept or changed from now on.
  std::string package = "p";
  std::string version = "1";
  log_capture log;
  records_world at;
  sql_place place;
  sync_tables rows;
  sync_records& records = rows.records;
  sync_inputs& inputs = rows.inputs;
  sealing_keys keys;
  scripted_tasks tasks;
  place_finder places = make_place_finder({true, "/data/rows", ""});
};

/// A time at which tests ask for runs, on the day on which syncs are kept.
inline constexpr wall_time noon =
    sync_world::first_day + std::chrono::hours{12};

/// A member of a sync's definition.
inline const std::string every_hour = R"("schedule":{"cron":"0 * * * *"})";

/// @returns a world in each of the databases; a test calls it once.
inline sync_world any_sync_world() {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  return sync_world{make()};
}

} // namespace motorcade::test
