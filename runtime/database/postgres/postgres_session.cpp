#include "runtime/database/postgres/postgres_session.hpp"

namespace motorcade {

namespace {

std::vector<sql_row> to_rows(const pqxx::result& found) {
  std::vector<sql_row> out;
  for (const auto& one : found) {
    auto& row = out.emplace_back();
    for (const auto& field : one)
      row.emplace_back(field.c_str(), field.size());
  }
  return out;
}

} // namespace

result<std::vector<sql_row>>
postgres_session::run(std::string_view table, const statement_maker& make) {
  return attempt(table, [&](postgres_connection& connection) {
    auto statement = make(connection.table_of(table));
    return result<std::vector<sql_row>>{
        to_rows(connection.run(statement.text, statement.parameters))};
  });
}

result<std::vector<sql_row>>
postgres_session::run_alone(std::string_view subject, std::string_view table,
                            const statement_maker& make) {
  return attempt(table, [&](postgres_connection& connection) {
    auto statement = make(connection.table_of(table));
    return result<std::vector<sql_row>>{to_rows(
        connection.run_alone(subject, statement.text, statement.parameters))};
  });
}

} // namespace motorcade
