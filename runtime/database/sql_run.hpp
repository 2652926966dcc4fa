#pragma once

#include "runtime/database/sql_builder.hpp"
#include "runtime/database/sql_session.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade {

/// Runs one statement.
/// @param make Called with an `sql_builder&`; returns the statement's text.
/// @returns as `sql_session::run`.
template <class Make>
result<std::vector<sql_row>>
run_built(sql_session& session, std::string_view table, const Make& make) {
  return session.run(table, [&](const sql_table& found) {
    sql_builder builder{found, session.dialect()};
    auto text = make(builder);
    return std::move(builder).finish(std::move(text));
  });
}

/// @returns the failure of a row with an unknown status or time.
inline failure unreadable_row(const sql_session& session,
                              std::string_view table) {
  return {ec::database_rejected,
          (session.dialect() == sql_dialect::postgres ? "database " : "")
              + session.locate() + ": " + std::string{table}
              + ": a row has an unknown status or time"};
}

} // namespace motorcade
