#include "runtime/database/postgres/postgres_session.hpp"

#include <array>
#include <chrono>

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
  auto done = run_together(
      std::array{std::string{subject}}, table,
      [&make](const sql_table& found) { return std::vector{make(found)}; });
  if (!done)
    return done.error();
  return std::move(done->front());
}

result<std::vector<std::vector<sql_row>>>
postgres_session::run_together(std::span<const std::string> subjects,
                               std::string_view table,
                               const statements_maker& make) {
  using clock = std::chrono::steady_clock;
  // A call that failed after so long has met a server that hangs.
  constexpr auto slow = std::chrono::seconds{1};
  auto sent = false;
  auto once = [&] {
    return attempt(table, [&](postgres_connection& connection) {
      const auto statements = make(connection.table_of(table));
      std::vector<std::vector<sql_row>> rows;
      for (const auto& found :
           connection.run_together(subjects, statements, sent))
        rows.push_back(to_rows(found));
      return result<std::vector<std::vector<sql_row>>>{std::move(rows)};
    });
  };
  const auto was_open = connection_ != nullptr;
  const auto began = clock::now();
  auto done = once();
  if (!done && was_open && !sent
      && done.error().code == ec::database_unavailable
      && clock::now() - began < slow)
    done = once();
  return done;
}

} // namespace motorcade
