#include "runtime/records/task_records.hpp"

#include "runtime/database/sql_builder.hpp"
#include "runtime/records/task_closing.hpp"

#include <cstdlib>
#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view tasks = "source_task";
constexpr std::string_view lines = "task_log";
constexpr std::string_view states_table = "source_state";
constexpr std::string_view catalogs = "source_catalog";
/// Of a list's row; a thousand of them are to fit into memory some times.
constexpr size_t longest_listed = size_t{16} << 10;
/// Of the one row that is asked for.
constexpr size_t longest_found = size_t{4} << 20;

/// The condition of every write to a task that has begun.
constexpr auto says_running = "\"status\" = 'RUNNING'";

const std::vector<task_status>& every_status() {
  using enum task_status;
  static const std::vector<task_status> all = {
      running, success, partial, failed, cancelled, time_exceeded};
  return all;
}

bool is_document(std::string_view column) {
  return column == "started_by" || column == "description"
         || column == "metrics";
}

/// @param longest In characters, of what may be large: longer documents are
/// NULL, and a longer error is cut.
std::string task_columns(sql_builder& builder, size_t longest) {
  std::string columns;
  for (std::string_view name :
       {"sync_id", "task_id", "package", "version", "started_by", "description",
        "metrics", "error", "status"}) {
    auto read = builder.read(name);
    if (is_document(name) && builder.has(name))
      read = "CASE WHEN length(" + builder.as_text(name)
             + ") <= " + builder.number(longest) + " THEN " + read + " END";
    else if (name == "error" && builder.has(name))
      read = "substr(" + builder.as_text(name) + ", 1, "
             + std::to_string(longest) + ")";
    columns += read + ", ";
  }
  return columns + builder.read_time("started_at") + ", "
         + builder.read_time("updated_at");
}

/// Takes a time; NULL, which tables of somebody else may hold, is none.
bool take(const std::string& text, wall_time& time) {
  auto read = text.empty() ? wall_time{} : from_iso8601_micros(text);
  if (read)
    time = *read;
  return read.has_value();
}

std::optional<task_record> to_record(sql_row& row) {
  task_record out;
  out.sync_id = std::move(row[0]);
  out.task_id = std::move(row[1]);
  out.package = std::move(row[2]);
  out.version = std::move(row[3]);
  out.started_by = std::move(row[4]);
  out.description = std::move(row[5]);
  out.metrics = std::move(row[6]);
  out.error = std::move(row[7]);
  bool fits = from_string(row[8], out.status) && take(row[9], out.started_at)
              && take(row[10], out.updated_at);
  return fits ? std::optional{std::move(out)} : std::nullopt;
}

/// `a = 1 AND b = 2`.
std::string same(sql_builder& builder, std::span<const column_value> key) {
  std::string condition;
  for (const auto& value : key)
    condition += (condition.empty() ? "" : " AND ") + builder.equals(value);
  return condition;
}

/// The records in any SQL database: one set of statements for all of them.
class sql_task_records final : public task_records {
public:
  explicit sql_task_records(sql_place place)
      : session_{std::move(place.session)}, tables_{std::move(place.tables)} {}

  result<void> prepare() override { return tables_->prepare(); }

  result<bool> begin_task(const task_row& row) override {
    // Nobody else is alone with this sync while it is looked at.
    auto others = [&row](sql_builder& builder) {
      return builder.equals({"sync_id", row.sync_id}) + " AND "
             + builder.as_text("task_id") + " <> " + builder.text(row.task_id)
             + " AND " + says_running + " AND " + builder.as_time("started_at")
             + " > " + builder.ago(begin_guard);
    };
    auto rows = run_alone(
        "motorcade sync " + row.sync_id, tasks, [&](sql_builder& builder) {
          column_list columns{builder};
          for (const auto& value : task_values(row))
            columns.add(value);
          columns.add_now("updated_at");
          auto text = insert(builder, columns) + "SELECT " + columns.values();
          // One that has ended already is in nobody's way.
          if (row.status != task_status::running)
            text += " WHERE 1 = 1";
          else
            text += " WHERE NOT EXISTS (SELECT 1 FROM " + builder.table()
                    + " WHERE " + others(builder) + ")";
          return text + " ON CONFLICT (task_id) DO NOTHING RETURNING task_id";
        });
    if (!rows)
      return rows.error();
    if (!rows->empty())
      return true;
    auto own = run(tasks, [&](sql_builder& builder) {
      return "SELECT status FROM " + builder.table() + " WHERE "
             + builder.equals({"task_id", row.task_id});
    });
    if (!own)
      return own.error();
    if (!own->empty())
      return row.resumes && (*own)[0][0] == to_string(task_status::running);
    auto other = run(tasks, [&](sql_builder& builder) {
      return "SELECT task_id FROM " + builder.table() + " WHERE "
             + others(builder);
    });
    if (!other)
      return other.error();
    return failure{ec::already_exists,
                   "sync " + quote_name(row.sync_id) + " runs already"
                       + (other->empty()
                              ? std::string{}
                              : ", as task " + quote_name((*other)[0][0]))};
  }

  result<task_status> end_task(const std::string& task_id, task_status status,
                               const std::string& error) override {
    auto rows = close_task(*session_, task_id, status, error);
    // A statement of its own: the snapshot of the first may be older than what
    // kept it from writing.
    if (rows && rows->empty())
      rows = run(tasks, [&](sql_builder& builder) {
        return "SELECT status FROM " + builder.table() + " WHERE "
               + builder.equals({"task_id", task_id});
      });
    if (!rows)
      return rows.error();
    if (rows->empty())
      return failure{ec::not_found, "there is no task " + quote_name(task_id)};
    auto found = task_status::running;
    if (!from_string((*rows)[0][0], found))
      return unreadable(tasks);
    return found;
  }

  result<void> touch_tasks(std::span<const std::string> task_ids) override {
    if (task_ids.empty())
      return {};
    return done(run(tasks, [&](sql_builder& builder) {
      column_list columns{builder};
      columns.add_now("updated_at");
      return update(builder, columns) + builder.any("task_id", task_ids)
             + " AND " + says_running;
    }));
  }

  result<std::vector<std::string>>
  close_stale_tasks(std::chrono::seconds age,
                    const std::string& error) override {
    auto is_stale = [age](sql_builder& builder) {
      return " AND " + builder.as_time("updated_at")
             + " <= " + builder.ago(age);
    };
    auto stale = run(tasks, [&](sql_builder& builder) {
      return "SELECT task_id FROM " + builder.table() + " WHERE " + says_running
             + is_stale(builder);
    });
    if (!stale)
      return stale.error();
    std::vector<std::string> task_ids;
    for (auto& row : *stale) {
      auto closed =
          close_task(*session_, row[0], task_status::failed, error, is_stale);
      if (!closed)
        return closed.error();
      if (!closed->empty())
        task_ids.push_back(std::move(row[0]));
    }
    return task_ids;
  }

  result<size_t> close_stale_results(std::chrono::seconds age,
                                     const std::string& error) override {
    auto rows = run(catalogs, [&](sql_builder& builder) {
      column_list columns{builder};
      columns.add({"status", std::string{to_string(task_status::failed)}});
      columns.add({"description", error});
      columns.add_now("timestamp");
      auto old = builder.has("timestamp")
                     ? builder.as_time("timestamp") + " <= " + builder.ago(age)
                     : std::string{"1 = 0"};
      return update(builder, columns) + says_running + " AND " + old
             + " RETURNING 1";
    });
    if (!rows)
      return rows.error();
    return rows->size();
  }

  result<void> begin_result(const result_row& row) override {
    if (row.command != inquiry::discover)
      return {};
    return tables_->put_result({row.command,
                                row.package,
                                row.version,
                                row.key,
                                task_status::running,
                                {},
                                {}});
  }

  result<void> end_result(const result_row& row,
                          wall_time started_at) override {
    auto failed = row;
    failed.status = task_status::failed;
    failed.document.clear();
    if (row.command == inquiry::spec)
      return tables_->put_result(failed);
    return put_failure(result_values(failed), [&](sql_builder& builder) {
      if (row.command == inquiry::discover)
        return std::string{says_running};
      // Without a time no row can be told from that of the sidecar.
      return builder.has("timestamp") ? builder.as_time("timestamp") + " < "
                                            + builder.time(started_at)
                                      : std::string{"1 = 0"};
    });
  }

  result<std::vector<task_record>> list(const task_filter& filter) override {
    auto from = [&](sql_builder& builder, size_t limit) {
      auto began = builder.as_time("started_at");
      auto id = builder.as_text("task_id");
      // Tables of somebody else may hold more than there are words for here.
      auto text = " FROM " + builder.table() + " WHERE " + began
                  + " IS NOT NULL AND " + builder.as_text("status") + " IN (";
      const auto& wanted =
          filter.statuses.empty() ? every_status() : filter.statuses;
      for (size_t i = 0; i < wanted.size(); ++i)
        text += (i > 0 ? ", " : "") + builder.text(to_string(wanted[i]));
      text += ")";
      if (!filter.sync_id.empty())
        text += " AND " + builder.equals({"sync_id", filter.sync_id});
      if (!filter.package.empty())
        text += " AND " + builder.equals({"package", filter.package});
      if (filter.before) {
        text += " AND (" + began + ", " + id + ") < (";
        text += builder.time(*filter.before) + ", ";
        text += builder.text(filter.before_task_id) + ")";
      }
      return text + " ORDER BY " + began + " DESC, " + id + " DESC LIMIT "
             + builder.number(limit);
    };
    // What is left out or cut counts as nothing.
    auto size = [](sql_builder& builder) {
      std::string sum = "0";
      for (const auto* name : {"started_by", "description", "metrics", "error"})
        if (builder.has(name))
          sum += " + CASE WHEN length(" + builder.as_text(name)
                 + ") <= " + builder.number(longest_listed) + " THEN "
                 + builder.bytes(name) + " ELSE 0 END";
      return sum;
    };
    return to_records(
        page(tasks, filter.limit, size, from, [](sql_builder& builder) {
          return task_columns(builder, longest_listed);
        }));
  }

  result<std::optional<task_record>> find(const std::string& task_id) override {
    auto records = to_records(run(tasks, [&](sql_builder& builder) {
      return "SELECT " + task_columns(builder, longest_found) + " FROM "
             + builder.table() + " WHERE "
             + builder.equals({"task_id", task_id});
    }));
    if (!records)
      return records.error();
    if (records->empty())
      return std::optional<task_record>{};
    return std::optional{std::move(records->front())};
  }

  result<std::vector<log_row>> logs(const std::string& task_id,
                                    const log_position& after,
                                    size_t limit) override {
    auto columns = [](sql_builder& builder) {
      return builder.read("id") + ", " + builder.read("level") + ", "
             + builder.read("logger") + ", "
             + builder.read_cut("message", page_bytes) + ", "
             + builder.read_time("timestamp");
    };
    auto size = [](sql_builder& builder) {
      return builder.cut_bytes("message", page_bytes);
    };
    auto from = [&](sql_builder& builder, size_t most) {
      auto text = " FROM " + builder.table() + " WHERE "
                  + builder.equals({"task_id", task_id});
      auto place = builder.as_text("id");
      bool timed = builder.has("timestamp");
      if (timed) {
        auto time = builder.as_time("timestamp");
        place = time + ", " + place;
        text += " AND " + time + " IS NOT NULL";
      }
      if (after.time != wall_time{} || !after.id.empty()) {
        text += " AND (" + place + ") > (";
        if (timed)
          text += builder.time(after.time) + ", ";
        text += builder.text(after.id) + ")";
      }
      return text + " ORDER BY " + place + " LIMIT " + builder.number(most);
    };
    auto rows = page(lines, limit, size, from, columns);
    if (!rows)
      return rows.error();
    std::vector<log_row> found;
    found.reserve(rows->size());
    for (auto& row : *rows) {
      auto& line = found.emplace_back(log_row{std::move(row[0]),
                                              std::move(row[1]),
                                              std::move(row[2]),
                                              std::move(row[3]),
                                              {}});
      if (!take(row[4], line.time))
        return unreadable(lines);
    }
    return found;
  }

  result<std::vector<state_record>>
  states(const state_filter& filter) override {
    auto fits = [&](sql_builder& builder) {
      return "length(" + builder.as_text("state")
             + ") <= " + builder.number(filter.longest);
    };
    auto size = [&](sql_builder& builder) {
      return "CASE WHEN " + fits(builder) + " THEN " + builder.bytes("state")
             + " ELSE 0 END";
    };
    auto columns = [&](sql_builder& builder) {
      auto state = builder.as_text("state");
      auto fit = fits(builder);
      return builder.read("stream") + ", CASE WHEN " + fit + " THEN " + state
             + " END, CASE WHEN " + fit + " THEN '' WHEN " + state
             + " IS NULL THEN '' ELSE '1' END, "
             + builder.read_time("timestamp");
    };
    auto from = [&](sql_builder& builder, size_t most) {
      auto stream = builder.as_text("stream");
      auto text = " FROM " + builder.table() + " WHERE "
                  + builder.equals({"sync_id", filter.sync_id});
      if (!filter.after.empty())
        text += " AND " + stream + " > " + builder.text(filter.after);
      return text + " ORDER BY " + stream + " LIMIT " + builder.number(most);
    };
    auto rows = page(states_table, filter.limit, size, from, columns);
    if (!rows)
      return rows.error();
    std::vector<state_record> found;
    found.reserve(rows->size());
    for (auto& row : *rows) {
      auto& one = found.emplace_back(state_record{
          std::move(row[0]), std::move(row[1]), !row[2].empty(), {}});
      if (!take(row[3], one.time))
        return unreadable(states_table);
    }
    return found;
  }

  result<saved_whole> saved_states(const std::string& sync_id,
                                   uint64_t most) override {
    // What stands around each state in a document.
    constexpr auto frame = 128;
    // One statement, so that all is of one moment and nothing that is too large
    // leaves the database.
    auto rows = run(states_table, [&](sql_builder& builder) {
      auto where = " FROM " + builder.table() + " WHERE "
                   + builder.equals({"sync_id", sync_id});
      auto sum = "(SELECT sum(" + builder.bytes("stream") + " + "
                 + builder.bytes("state") + " + " + std::to_string(frame) + ")"
                 + where + ")";
      auto stream = builder.as_text("stream");
      return "SELECT " + sum + ", " + stream + ", CASE WHEN " + sum + " <= "
             + builder.number(most) + " THEN " + builder.as_text("state")
             + " END" + where + " ORDER BY " + stream;
    });
    if (!rows)
      return rows.error();
    saved_whole out;
    for (auto& row : *rows) {
      out.bytes = std::strtoull(row[0].c_str(), nullptr, 10);
      if (out.bytes > most)
        break;
      out.states.push_back({std::move(row[1]), std::move(row[2])});
    }
    return out;
  }

  result<void> put_logs(const std::string& sync_id, const std::string& task_id,
                        std::span<const log_row> rows) override {
    return tables_->put_logs(sync_id, task_id, rows);
  }

  result<void> ping() override {
    return done(run(tasks, [](sql_builder& builder) {
      return "SELECT 1 FROM " + builder.table() + " LIMIT 1";
    }));
  }

private:
  /// Runs the statement that `make` writes with a builder.
  template <class Make>
  result<std::vector<sql_row>> run(std::string_view table, const Make& make) {
    return session_->run(table, [&](const sql_table& found) {
      sql_builder builder{found, session_->dialect()};
      auto text = make(builder);
      return std::move(builder).finish(std::move(text));
    });
  }

  /// Reads no more rows than up to the one that exceeds `page_bytes`: nobody
  /// knows how large rows are, and the database would send all of them.
  /// @param size Writes what a row counts, in bytes.
  /// @param from Writes everything behind the columns, for at most so many.
  template <class Size, class From, class Columns>
  result<std::vector<sql_row>> page(std::string_view table, size_t limit,
                                    const Size& size, const From& from,
                                    const Columns& columns) {
    auto sizes = run(table, [&](sql_builder& builder) {
      auto what = size(builder);
      return "SELECT " + what + from(builder, limit);
    });
    if (!sizes || sizes->empty())
      return sizes;
    size_t rows = 0;
    for (size_t sum = 0; rows < sizes->size() && sum <= page_bytes; ++rows)
      sum += std::strtoull((*sizes)[rows][0].c_str(), nullptr, 10);
    return run(table, [&](sql_builder& builder) {
      auto what = columns(builder);
      return "SELECT " + what + from(builder, rows);
    });
  }

  template <class Make>
  result<std::vector<sql_row>> run_alone(const std::string& subject,
                                         std::string_view table,
                                         const Make& make) {
    return session_->run_alone(subject, table, [&](const sql_table& found) {
      sql_builder builder{found, session_->dialect()};
      auto text = make(builder);
      return std::move(builder).finish(std::move(text));
    });
  }

  /// Updates the row if `may_change` holds, or inserts it where there is none.
  /// Both statements ask and write in one, whatever the table's own key is, so
  /// that nobody who writes meanwhile is overwritten.
  template <class Condition>
  result<void> put_failure(const row_write& write,
                           const Condition& may_change) {
    auto updated = run(write.table, [&](sql_builder& builder) {
      column_list columns{builder};
      for (const auto& value : write.values)
        columns.add(value);
      columns.add_now("timestamp");
      return update(builder, columns) + same(builder, write.key) + " AND "
             + may_change(builder) + " RETURNING 1";
    });
    if (!updated || !updated->empty())
      return done(updated);
    return done(run(write.table, [&](sql_builder& builder) {
      column_list columns{builder};
      for (const auto& value : write.key)
        columns.add(value);
      for (const auto& value : write.values)
        columns.add(value);
      columns.add_now("timestamp");
      return insert(builder, columns) + "SELECT " + columns.values()
             + " WHERE NOT EXISTS (SELECT 1 FROM " + builder.table() + " WHERE "
             + same(builder, write.key) + ") ON CONFLICT DO NOTHING";
    }));
  }

  static std::string insert(const sql_builder& builder,
                            const column_list& columns) {
    return "INSERT INTO " + builder.table() + " (" + columns.names() + ") ";
  }

  static std::string update(const sql_builder& builder,
                            const column_list& columns) {
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE ";
  }

  static result<void> done(const result<std::vector<sql_row>>& rows) {
    return rows ? result<void>{} : rows.error();
  }

  result<std::vector<task_record>>
  to_records(result<std::vector<sql_row>> rows) const {
    if (!rows)
      return rows.error();
    std::vector<task_record> records;
    records.reserve(rows->size());
    for (auto& row : *rows) {
      auto record = to_record(row);
      if (!record)
        return unreadable(tasks);
      records.push_back(std::move(*record));
    }
    return records;
  }

  failure unreadable(std::string_view table) const {
    return {ec::database_rejected,
            (session_->dialect() == sql_dialect::postgres ? "database " : "")
                + session_->locate() + ": " + std::string{table}
                + ": a row has an unknown status or time"};
  }

  std::shared_ptr<sql_session> session_;
  database_ptr tables_;
};

} // namespace

result<task_records_ptr> make_task_records(const std::string& url,
                                           const database_patience& patience) {
  auto place = make_sql_place(url, patience);
  if (!place)
    return place.error();
  return task_records_ptr{
      std::make_unique<sql_task_records>(std::move(*place))};
}

} // namespace motorcade
