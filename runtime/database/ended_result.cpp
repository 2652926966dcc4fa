#include "runtime/database/ended_result.hpp"

#include "runtime/database/sql_run.hpp"
#include "runtime/database/sql_text.hpp"

#include <string>

namespace motorcade {

result<bool> has_ended(sql_session& session, const result_row& row) {
  if (row.command == inquiry::spec || !row.yields_since)
    return false;
  const auto write = result_values(row);
  auto rows = run_built(session, write.table, [&](sql_builder& builder) {
    std::string nothing = "SELECT 1 WHERE 1 = 0";
    if (!builder.has("status"))
      return nothing;
    std::string condition;
    for (const auto& value : write.key) {
      if (!builder.has(value.column))
        return nothing;
      condition += builder.equals(value) + " AND ";
    }
    if (row.command == inquiry::discover)
      condition += builder.as_text("status") + " <> "
                   + builder.text(to_string(task_status::running));
    else if (builder.has("timestamp"))
      condition += builder.as_text("status") + " = "
                   + builder.text(to_string(task_status::failed)) + " AND "
                   + builder.as_time("timestamp")
                   + " >= " + builder.time(*row.yields_since);
    else
      return nothing;
    return "SELECT 1 FROM " + builder.table() + " WHERE " + condition;
  });
  if (!rows)
    return rows.error();
  return !rows->empty();
}

} // namespace motorcade
