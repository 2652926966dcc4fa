#include "runtime/database/sql_builder.hpp"
#include "runtime/database/sql_run.hpp"
#include "runtime/sync_records/sync_records.hpp"
#include "runtime/sync_records/sync_rows.hpp"

namespace motorcade {

result<void> sync_records::note_given(const std::string& id,
                                      const std::string& secrets) {
  auto rows = run_built(*session_, definitions, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"given_secrets", secrets});
    if (columns.names().empty())
      return std::string{"SELECT 1"};
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE " + builder.equals({"sync_id", id});
  });
  return rows ? result<void>{} : rows.error();
}

result<bool> sync_records::change_secrets(const std::string& id,
                                          const std::string& seen,
                                          const std::string& changed,
                                          const std::string& given) {
  return has_row(run_built(*session_, definitions, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"secrets", changed});
    columns.add({"earlier_secrets", seen});
    columns.add({"given_secrets", given});
    columns.add({"version", make_uuid()});
    columns.add_now("updated_at");
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE " + builder.equals({"sync_id", id}) + " AND "
           + builder.equals({"secrets", seen}) + " RETURNING sync_id";
  }));
}

result<bool> sync_records::reseal(const stored_sync& seen,
                                  const stored_sync& anew) {
  return has_row(run_built(*session_, definitions, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"secrets", anew.secrets});
    auto unchanged = builder.equals({"secrets", seen.secrets});
    const auto add = [&](std::string_view column, const std::string& before,
                         const std::string& after) {
      if (!builder.has(column))
        return;
      if (before.empty()) {
        unchanged += " AND " + quote_identifier(column) + " IS NULL";
        return;
      }
      columns.add({column, after});
      unchanged += " AND " + builder.equals({column, before});
    };
    add("earlier_secrets", seen.earlier_secrets, anew.earlier_secrets);
    add("given_secrets", seen.given_secrets, anew.given_secrets);
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE " + builder.equals({"sync_id", seen.id}) + " AND "
           + unchanged + " RETURNING sync_id";
  }));
}

} // namespace motorcade
