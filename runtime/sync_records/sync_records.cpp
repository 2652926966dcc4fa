#include "runtime/sync_records/sync_records.hpp"

#include "runtime/database/sql_builder.hpp"
#include "runtime/database/sql_run.hpp"
#include "runtime/sync_records/left_reads.hpp"
#include "runtime/sync_records/sync_rows.hpp"

#include <array>

namespace motorcade {

namespace {

/// The tables whose rows go with their sync.
constexpr std::array<std::string_view, 6> of_a_sync{
    run_table,           "sync_schema", "sync_change",
    "sync_notification", "sync_file",   "source_config_update"};

/// Adds the columns that a client's change writes.
/// @param seen The sync as it was read; null: it is new.
void add_sync(column_list& columns, const stored_sync& sync,
              const stored_sync* seen) {
  columns.add({"definition", sync.open});
  columns.add({"secrets", sync.secrets});
  columns.add({"earlier_secrets", or_null(sync.earlier_secrets)});
  columns.add({"version", sync.version});
  if (seen == nullptr || sync.paused != seen->paused)
    columns.add({"paused", or_null(sync.paused)});
  if (seen == nullptr || sync.next_run_at != seen->next_run_at)
    columns.add({"next_run_at", or_null(sync.next_run_at)});
  columns.add_now("updated_at");
}

} // namespace

template <class Make>
result<std::vector<sql_row>> sync_records::run(std::string_view table,
                                               const Make& make) {
  return run_built(*session_, table, make);
}

result<std::vector<stored_sync>> sync_records::list(const std::string& after,
                                                    size_t limit) {
  return convert<stored_sync>(run(definitions,
                                  [&](sql_builder& builder) {
                                    const auto id = builder.as_text("sync_id");
                                    return "SELECT " + columns_of_sync(builder)
                                           + " FROM " + builder.table()
                                           + " WHERE " + id + " > "
                                           + builder.text(after) + " ORDER BY "
                                           + id + " LIMIT "
                                           + builder.number(limit);
                                  }),
                              *session_, definitions, to_sync);
}

result<std::optional<stored_sync>> sync_records::find(const std::string& id) {
  return first_of(
      convert<stored_sync>(run(definitions,
                               [&](sql_builder& builder) {
                                 return "SELECT " + columns_of_sync(builder)
                                        + " FROM " + builder.table() + " WHERE "
                                        + builder.equals({"sync_id", id});
                               }),
                           *session_, definitions, to_sync));
}

result<std::vector<stored_sync>> sync_records::due(wall_time now,
                                                   size_t limit) {
  return convert<stored_sync>(
      run(definitions,
          [&](sql_builder& builder) {
            const auto due = builder.as_time("next_run_at");
            return "SELECT " + columns_of_sync(builder) + " FROM "
                   + builder.table() + " WHERE " + due + " <= "
                   + builder.time(now) + " AND \"paused\" IS NULL ORDER BY "
                   + due + " LIMIT " + builder.number(limit);
          }),
      *session_, definitions, to_sync);
}

result<std::vector<stored_sync>>
sync_records::due_later(wall_time now, const std::string& after, size_t limit) {
  // So few bytes are no sealed secrets.
  constexpr size_t no_secrets = 1;
  return convert<stored_sync>(
      run(definitions,
          [&](sql_builder& builder) {
            const auto id = builder.as_text("sync_id");
            return "SELECT " + columns_of_sync(builder, no_secrets) + " FROM "
                   + builder.table() + " WHERE " + id + " > "
                   + builder.text(after) + " AND "
                   + builder.as_time("next_run_at") + " > " + builder.time(now)
                   + " AND \"paused\" IS NULL ORDER BY " + id + " LIMIT "
                   + builder.number(limit);
          }),
      *session_, definitions, to_sync);
}

result<bool> sync_records::insert(const stored_sync& sync) {
  return has_row(run(definitions, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"sync_id", sync.id});
    add_sync(columns, sync, nullptr);
    columns.add_now("created_at");
    return "INSERT INTO " + builder.table() + " (" + columns.names()
           + ") VALUES (" + columns.values()
           + ") ON CONFLICT (sync_id) DO NOTHING RETURNING sync_id";
  }));
}

result<bool> sync_records::replace(const stored_sync& sync,
                                   const stored_sync& seen) {
  return has_row(run(definitions, [&](sql_builder& builder) {
    column_list columns{builder};
    add_sync(columns, sync, &seen);
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE " + builder.equals({"sync_id", sync.id}) + " AND "
           + builder.equals({"version", seen.version}) + " RETURNING sync_id";
  }));
}

result<bool> sync_records::erase(const std::string& id,
                                 const std::string& expected) {
  auto gone = has_row(run(definitions, [&](sql_builder& builder) {
    return "DELETE FROM " + builder.table() + " WHERE "
           + builder.equals({"sync_id", id}) + " AND "
           + builder.equals({"version", expected}) + " RETURNING sync_id";
  }));
  if (!gone || !*gone)
    return gone;
  auto last = runs(id, 1);
  if (!last)
    return last.error();
  if (!last->empty() && is_active(last->front().stage))
    if (auto noted = left_reads{session_}.add(last->front().id, id); !noted)
      return noted.error();
  for (const auto table : of_a_sync) {
    auto rows_gone = run(table, [&](sql_builder& builder) {
      return "DELETE FROM " + builder.table() + " WHERE "
             + builder.equals({"sync_id", id});
    });
    if (!rows_gone)
      return rows_gone.error();
  }
  return true;
}

result<bool> sync_records::advance(const std::string& id, wall_time due,
                                   std::optional<wall_time> next) {
  return has_row(run(definitions, [&](sql_builder& builder) {
    return "UPDATE " + builder.table() + " SET "
           + builder.equals({"next_run_at", or_null(next)}) + " WHERE "
           + builder.equals({"sync_id", id}) + " AND "
           + builder.as_time("next_run_at") + " = " + builder.time(due)
           + " RETURNING sync_id";
  }));
}

result<bool> sync_records::add_run(const sync_run& added) {
  // Kept apart from other additions for this sync, so that two of them do not
  // both see that none is active.
  return has_row(session_->run_alone(
      "motorcade runs of " + added.sync_id, run_table,
      [&](const sql_table& found) {
        sql_builder builder{found, session_->dialect()};
        column_list columns{builder};
        columns.add({"run_id", added.id});
        columns.add({"sync_id", added.sync_id});
        columns.add({"trigger", added.trigger});
        columns.add({"due_at", to_iso8601_micros(added.due_at)});
        columns.add({"attempt", std::to_string(added.attempt)});
        columns.add({"status", std::string{to_string(added.stage)}});
        columns.add({"error", or_null(added.error)});
        columns.add_now("created_at");
        columns.add_now("updated_at");
        auto text = "INSERT INTO " + builder.table() + " (" + columns.names()
                    + ") SELECT " + columns.values()
                    + " WHERE NOT EXISTS (SELECT 1 FROM " + builder.table()
                    + " WHERE " + builder.equals({"sync_id", added.sync_id})
                    + " AND " + std::string{active_stages}
                    + ") ON CONFLICT (run_id) DO NOTHING RETURNING run_id";
        return std::move(builder).finish(std::move(text));
      }));
}

result<std::optional<std::string>>
sync_records::hasten_retry(const std::string& sync_id,
                           const std::string& trigger, wall_time due) {
  auto rows = run(run_table, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"trigger", trigger});
    columns.add({"due_at", to_iso8601_micros(due)});
    columns.add({"error", std::nullopt});
    columns.add_now("updated_at");
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE " + builder.equals({"sync_id", sync_id}) + " AND "
           + builder.equals({"status", "WAITING"}) + " AND "
           + builder.equals({"trigger", "retry"}) + " RETURNING run_id";
  });
  if (!rows)
    return rows.error();
  return rows->empty() ? std::nullopt
                       : std::optional{std::move(rows->front().front())};
}

result<std::vector<sync_run>> sync_records::active_runs() {
  return convert<sync_run>(run(run_table,
                               [&](sql_builder& builder) {
                                 return "SELECT " + columns_of_run(builder)
                                        + " FROM " + builder.table() + " WHERE "
                                        + std::string{active_stages}
                                        + " ORDER BY "
                                        + builder.as_time("due_at") + ", "
                                        + builder.as_text("run_id");
                               }),
                           *session_, run_table, to_run);
}

result<std::vector<sync_run>> sync_records::runs(const std::string& sync_id,
                                                 size_t limit) {
  return convert<sync_run>(run(run_table,
                               [&](sql_builder& builder) {
                                 return "SELECT " + columns_of_run(builder)
                                        + " FROM " + builder.table() + " WHERE "
                                        + builder.equals({"sync_id", sync_id})
                                        + " ORDER BY "
                                        + builder.as_time("created_at")
                                        + " DESC, " + builder.as_text("run_id")
                                        + " DESC LIMIT "
                                        + builder.number(limit);
                               }),
                           *session_, run_table, to_run);
}

result<std::optional<sync_run>> sync_records::find_run(const std::string& id) {
  return first_of(
      convert<sync_run>(run(run_table,
                            [&](sql_builder& builder) {
                              return "SELECT " + columns_of_run(builder)
                                     + " FROM " + builder.table() + " WHERE "
                                     + builder.equals({"run_id", id});
                            }),
                        *session_, run_table, to_run));
}

result<std::vector<success_row>> sync_records::last_successes(size_t limit) {
  return convert<success_row>(
      run(run_table,
          [&](sql_builder& builder) {
            const auto id = builder.as_text("sync_id");
            return "SELECT " + id + ", MAX(" + builder.read_time("updated_at")
                   + ") FROM " + builder.table()
                   + " WHERE \"status\" = 'SUCCESS' GROUP BY " + id
                   + " ORDER BY " + id + " LIMIT " + builder.number(limit);
          }),
      *session_, run_table, [](sql_row& row) -> std::optional<success_row> {
        const auto time = from_iso8601_micros(row[1]);
        if (!time)
          return {};
        return success_row{std::move(row[0]), *time};
      });
}

result<void> sync_records::note_end(const std::string& id, run_stage stage) {
  auto run_of = find_run(id);
  if (!run_of)
    return run_of.error();
  // A run that was cancelled before it began says nothing of its sync.
  if (!*run_of || !is_active((*run_of)->stage)
      || (stage == run_stage::cancelled && !(*run_of)->started_at))
    return {};
  auto rows = run(definitions, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"last_status", std::string{to_string(stage)}});
    if (stage == run_stage::success)
      columns.add_now("last_success_at");
    if (columns.names().empty())
      return std::string{"SELECT 1"};
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE " + builder.equals({"sync_id", (*run_of)->sync_id});
  });
  return rows ? result<void>{} : rows.error();
}

result<bool> sync_records::put_stage(const std::string& id, run_stage stage,
                                     const std::string& error, follow_up next,
                                     const run_figures& figures) {
  if (!is_active(stage))
    if (auto noted = note_end(id, stage); !noted)
      return noted.error();
  return has_row(run(run_table, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"status", std::string{to_string(stage)}});
    columns.add({"error", or_null(error)});
    columns.add({"follow_up", or_null(std::string{to_string(next)})});
    columns.add({"rows", or_null(figures.rows)});
    columns.add({"bytes", or_null(figures.bytes)});
    columns.add_now("updated_at");
    auto begun = std::string{};
    if (stage != run_stage::waiting && is_active(stage)
        && builder.has("started_at"))
      begun = R"(, "started_at" = coalesce("started_at", )"
              + builder.now("started_at") + ")";
    return "UPDATE " + builder.table() + " SET " + columns.assignments() + begun
           + " WHERE " + builder.equals({"run_id", id}) + " AND "
           + std::string{active_stages} + " RETURNING run_id";
  }));
}

result<std::vector<sync_run>> sync_records::open_follow_ups() {
  return convert<sync_run>(run(run_table,
                               [&](sql_builder& builder) {
                                 return "SELECT " + columns_of_run(builder)
                                        + " FROM " + builder.table()
                                        + " WHERE \"follow_up\" IS NOT NULL";
                               }),
                           *session_, run_table, to_run);
}

result<void> sync_records::close_follow_up(const std::string& id) {
  auto rows = run(run_table, [&](sql_builder& builder) {
    return "UPDATE " + builder.table() + " SET "
           + builder.equals({"follow_up", std::nullopt}) + " WHERE "
           + builder.equals({"run_id", id});
  });
  return rows ? result<void>{} : rows.error();
}

result<bool> sync_records::pause(const std::string& id,
                                 const std::string& reason) {
  return has_row(run(definitions, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"paused", reason});
    columns.add_now("updated_at");
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE " + builder.equals({"sync_id", id})
           + " AND \"paused\" IS NULL RETURNING sync_id";
  }));
}

} // namespace motorcade
