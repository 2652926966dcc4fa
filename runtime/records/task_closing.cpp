#include "runtime/records/task_closing.hpp"

#include "runtime/records/record_tables.hpp"
#include "schema/task/ended_task.hpp"

#include <optional>

namespace motorcade {

namespace {

std::optional<std::string> or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

} // namespace

result<std::vector<sql_row>>
close_task(sql_session& session, const std::string& task_id, task_status status,
           const std::string& error, const task_condition& also) {
  constexpr int most_tries = 5;
  auto run = [&](const auto& make) {
    return session.run(task_table, [&](const sql_table& table) {
      sql_builder builder{table, session.dialect()};
      auto text = make(builder);
      return std::move(builder).finish(std::move(text));
    });
  };
  auto own = [&](sql_builder& builder) {
    return builder.equals({"task_id", task_id}) + " AND \"status\" = 'RUNNING'"
           + (also ? also(builder) : std::string{});
  };
  for (int tries = 1;; ++tries) {
    auto read = run([&](sql_builder& builder) {
      return "SELECT " + builder.read("description") + ", "
             + builder.read("metrics") + ", " + builder.read_time("updated_at")
             + " FROM " + builder.table() + " WHERE " + own(builder);
    });
    if (!read || read->empty())
      return read;
    const auto& found = read->front();
    auto updated_at = from_iso8601_micros(found[2]);
    auto guarded = tries < most_tries && updated_at;
    auto written = run([&](sql_builder& builder) {
      column_list columns{builder};
      columns.add({"status", std::string{to_string(status)}});
      columns.add({"error", or_null(error)});
      columns.add(
          {"description", or_null(end_streams(found[0], status, error))});
      columns.add({"metrics", or_null(end_counts(found[1]))});
      columns.add_now("updated_at");
      auto text = "UPDATE " + builder.table() + " SET " + columns.assignments()
                  + " WHERE " + own(builder);
      if (guarded)
        text += " AND " + builder.as_time("updated_at") + " = "
                + builder.time(*updated_at);
      return text + " RETURNING status";
    });
    if (!written || !written->empty() || !guarded)
      return written;
  }
}

} // namespace motorcade
