#include "runtime/database/sql_builder.hpp"
#include "runtime/database/sql_run.hpp"
#include "runtime/sync_records/sync_records.hpp"

namespace motorcade {

namespace {

constexpr std::string_view definitions = "sync_definition";

result<bool> any_of(const result<std::vector<sql_row>>& rows) {
  return rows ? result<bool>{!rows->empty()} : rows.error();
}

} // namespace

result<bool> sync_records::change_secrets(const std::string& id,
                                          const std::string& seen,
                                          const std::string& changed) {
  return any_of(run_built(*session_, definitions, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"secrets", changed});
    columns.add({"earlier_secrets", seen});
    columns.add_now("updated_at");
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE " + builder.equals({"sync_id", id}) + " AND "
           + builder.equals({"secrets", seen}) + " RETURNING sync_id";
  }));
}

result<bool> sync_records::reseal(const stored_sync& seen,
                                  const std::string& secrets,
                                  const std::string& earlier) {
  return any_of(run_built(*session_, definitions, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"secrets", secrets});
    auto unchanged = builder.equals({"secrets", seen.secrets});
    if (seen.earlier_secrets.empty()) {
      unchanged += " AND \"earlier_secrets\" IS NULL";
    } else {
      columns.add({"earlier_secrets", earlier});
      unchanged +=
          " AND " + builder.equals({"earlier_secrets", seen.earlier_secrets});
    }
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE " + builder.equals({"sync_id", seen.id}) + " AND "
           + unchanged + " RETURNING sync_id";
  }));
}

} // namespace motorcade
