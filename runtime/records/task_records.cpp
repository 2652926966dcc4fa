#include "runtime/records/task_records.hpp"

#include "runtime/database/sql_run.hpp"
#include "runtime/records/inquiry_records.hpp"
#include "runtime/records/line_search.hpp"
#include "runtime/records/record_overview.hpp"
#include "runtime/records/record_pages.hpp"
#include "runtime/records/record_tables.hpp"
#include "runtime/records/task_closing.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace motorcade {

namespace {

/// The records in any SQL database: one set of statements for all of them.
class sql_task_records final : public task_records {
public:
  explicit sql_task_records(sql_place place)
      : session_{std::move(place.session)}, tables_{std::move(place.tables)} {}

  result<void> prepare() override { return tables_->prepare(); }

  result<bool> begin_task(const task_row& row) override {
    return begin_tasks(std::array{&row}).front();
  }

  std::vector<result<bool>>
  begin_tasks(std::span<const task_row* const> rows) override {
    if (rows.empty())
      return {};
    // Locks keep other starts of these syncs out while each row is checked.
    std::vector<std::string> subjects;
    for (const auto* row : rows)
      subjects.push_back("motorcade sync " + row->sync_id);
    const auto order = in_order_of_ids(rows);
    auto inserted = session_->run_together(
        subjects, task_table, [&](const sql_table& found) {
          std::vector<sql_statement> out;
          for (auto i : order) {
            sql_builder builder{found, session_->dialect()};
            auto text = insert_if_free(builder, *rows[i]);
            out.push_back(std::move(builder).finish(std::move(text)));
          }
          return out;
        });
    std::vector<result<bool>> out(rows.size(), true);
    if (!inserted) {
      // The database refused a row, and stored none of them: each is tried by
      // itself, to find which.
      const auto one_by_one =
          rows.size() > 1 && inserted.error().code != ec::database_unavailable;
      for (size_t i = 0; i < rows.size(); ++i)
        out[i] = one_by_one ? begin_task(*rows[i]) : inserted.error();
      return out;
    }
    for (size_t i = 0; i < rows.size(); ++i)
      if ((*inserted)[i].empty())
        out[order[i]] = find_reason(*rows[order[i]]);
    return out;
  }

  result<task_status> end_task(const std::string& task_id, task_status status,
                               const std::string& error) override {
    auto rows = close_task(*session_, task_id, status, error);
    // A second statement: the snapshot of the first may be older than the row
    // that kept it from writing.
    if (rows && rows->empty())
      rows = run(task_table, [&](sql_builder& builder) {
        return "SELECT status FROM " + builder.table() + " WHERE "
               + builder.equals({"task_id", task_id});
      });
    if (!rows)
      return rows.error();
    if (rows->empty())
      return failure{ec::not_found,
                     "there is no task " + name_for_message(task_id)};
    auto found = task_status::running;
    if (!from_string((*rows)[0][0], found))
      return unreadable_row(*session_, task_table);
    return found;
  }

  result<void> explain_stop(const std::string& task_id,
                            const std::string& why) override {
    return done(run(task_table, [&](sql_builder& builder) {
      auto error = builder.as_text("error");
      auto guess = builder.text(stopped_pod_guess);
      return "UPDATE " + builder.table() + " SET \"error\" = replace(" + error
             + ", " + guess + ", " + builder.text(why) + ") WHERE "
             + builder.equals({"task_id", task_id}) + " AND \"status\" = '"
             + std::string{to_string(task_status::failed)} + "'";
    }));
  }

  result<void> touch_tasks(std::span<const std::string> task_ids) override {
    if (task_ids.empty())
      return {};
    return done(run(task_table, [&](sql_builder& builder) {
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
    auto stale = run(task_table, [&](sql_builder& builder) {
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
    return inquiry_records{*session_}.close_stale(age, error);
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

  result<bool> store_failure(const result_row& row,
                             wall_time started_at) override {
    return inquiry_records{*session_}.store_failure(row, started_at);
  }

  result<std::vector<task_record>> list(const task_filter& filter) override {
    return record_pages{*session_}.list(filter);
  }

  result<std::optional<task_record>> find(const std::string& task_id) override {
    return record_pages{*session_}.find(task_id);
  }

  result<std::vector<task_record>>
  list_inquiries(const task_filter& filter) override {
    return inquiry_records{*session_}.list(filter);
  }

  result<std::optional<task_record>>
  find_inquiry(const std::string& id) override {
    return inquiry_records{*session_}.find(id);
  }

  result<std::vector<log_row>> logs(const std::string& task_id,
                                    const log_position& after,
                                    size_t limit) override {
    return record_pages{*session_}.logs(task_id, after, limit);
  }

  result<found_lines> find_lines(const log_search& search) override {
    return motorcade::find_lines(*session_, search);
  }

  result<std::map<task_status, uint64_t>>
  count(const task_filter& filter,
        std::span<const std::string> without) override {
    auto counts = record_pages{*session_}.count(filter);
    if (!counts)
      return counts.error();
    auto more = inquiry_records{*session_}.count(filter, without);
    if (!more)
      return more.error();
    for (const auto& [status, number] : *more)
      (*counts)[status] += number;
    return counts;
  }

  result<std::vector<state_record>>
  states(const state_filter& filter) override {
    return record_pages{*session_}.states(filter);
  }

  result<saved_whole> saved_states(const std::string& sync_id,
                                   uint64_t most) override {
    return record_pages{*session_}.saved_states(sync_id, most);
  }

  result<std::optional<inquiry_answer>> answer(const inquiry_key& of,
                                               uint64_t most) override {
    return record_overview{*session_}.answer(of, most);
  }

  result<std::vector<connector_usage>>
  connectors(std::chrono::seconds age) override {
    return record_overview{*session_}.connectors(age);
  }

  result<void> put_logs(const std::string& sync_id, const std::string& task_id,
                        std::span<const log_row> rows) override {
    return tables_->put_logs(sync_id, task_id, rows);
  }

  result<void> ping() override {
    return done(run(task_table, [](sql_builder& builder) {
      return "SELECT 1 FROM " + builder.table() + " LIMIT 1";
    }));
  }

private:
  template <class Make>
  result<std::vector<sql_row>> run(std::string_view table, const Make& make) {
    return run_built(*session_, table, make);
  }

  /// @returns the numbers of the rows, ordered by their task_ids: two processes
  /// that insert the same ids must not wait for each other.
  static std::vector<size_t>
  in_order_of_ids(std::span<const task_row* const> rows) {
    std::vector<size_t> out(rows.size());
    std::iota(out.begin(), out.end(), size_t{0});
    std::stable_sort(out.begin(), out.end(), [&](size_t a, size_t b) {
      return rows[a]->task_id < rows[b]->task_id;
    });
    return out;
  }

  /// @returns the condition of tasks that keep this one from starting.
  static std::string others_of(sql_builder& builder, const task_row& row) {
    return builder.equals({"sync_id", row.sync_id}) + " AND "
           + builder.as_text("task_id") + " <> " + builder.text(row.task_id)
           + " AND " + says_running + " AND " + builder.as_time("started_at")
           + " > " + builder.ago(begin_guard);
  }

  /// @returns the statement that inserts the row of a task that may start, and
  /// then returns its id.
  static std::string insert_if_free(sql_builder& builder, const task_row& row) {
    column_list columns{builder};
    for (const auto& value : task_values(row))
      columns.add(value);
    columns.add_now("updated_at");
    auto text = insert(builder, columns) + "SELECT " + columns.values();
    // A task that has ended already does not keep others from starting.
    if (row.status != task_status::running)
      text += " WHERE 1 = 1";
    else
      text.append(" WHERE NOT EXISTS (SELECT 1 FROM ")
          .append(builder.table())
          .append(" WHERE ")
          .append(others_of(builder, row))
          .append(")");
    return text + " ON CONFLICT (task_id) DO NOTHING RETURNING task_id";
  }

  /// @returns as `begin_task`, for a row that was not inserted.
  result<bool> find_reason(const task_row& row) {
    auto own = run(task_table, [&](sql_builder& builder) {
      return "SELECT status FROM " + builder.table() + " WHERE "
             + builder.equals({"task_id", row.task_id});
    });
    if (!own)
      return own.error();
    if (!own->empty())
      return row.resumes && (*own)[0][0] == to_string(task_status::running);
    auto other = run(task_table, [&](sql_builder& builder) {
      return "SELECT task_id FROM " + builder.table() + " WHERE "
             + others_of(builder, row);
    });
    if (!other)
      return other.error();
    return failure{
        ec::already_exists,
        "sync " + name_for_message(row.sync_id) + " runs already"
            + (other->empty()
                   ? std::string{}
                   : ", as task " + name_for_message((*other)[0][0]))};
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
