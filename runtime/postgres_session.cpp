#include "runtime/postgres_session.hpp"

namespace motorcade {

result<std::vector<sql_row>>
postgres_session::run(std::string_view table, const statement_maker& make) {
  return attempt(table, [&](postgres_connection& connection) {
    auto statement = make(connection.table_of(table));
    std::vector<sql_row> rows;
    for (const auto& found :
         connection.run(statement.text, statement.parameters)) {
      auto& row = rows.emplace_back();
      for (const auto& field : found)
        row.emplace_back(field.c_str(), field.size());
    }
    return result<std::vector<sql_row>>{std::move(rows)};
  });
}

} // namespace motorcade
