#include "runtime/records/line_search.hpp"

#include "runtime/database/sql_run.hpp"
#include "runtime/records/record_tables.hpp"
#include "schema/base/words.hpp"
#include "schema/task/tables.hpp"

#include <utility>

namespace motorcade {

namespace {

/// The names of that level and the graver ones.
std::string names_from(log_level least) {
  std::string out;
  for (auto level = static_cast<int>(least);
       level <= static_cast<int>(log_level::fatal); ++level)
    out += (out.empty() ? "'" : ", '")
           + std::string{to_string(static_cast<log_level>(level))} + "'";
  return out;
}

/// SQL of the place of a line: one text to compare, and one to order by.
struct line_place {
  line_place(const sql_builder& builder, bool backward)
      : timed{builder.has("timestamp")} {
    const auto id = builder.as_text("id");
    const auto* down = backward ? " DESC" : "";
    columns = id;
    order = id + down;
    if (timed) {
      const auto time = builder.as_time("timestamp");
      columns = time + ", " + id;
      order = time + down + ", " + order;
    }
  }

  bool timed;
  std::string columns;
  std::string order;
};

} // namespace

result<found_lines> find_lines(sql_session& session, const log_search& search) {
  constexpr size_t longest_message = size_t{16} << 10;
  const auto words = words_of(search.words);
  const auto troubles = search.least && *search.least >= log_level::warn;
  // Whether some lines may not fit. If all of them do, no more are looked at
  // than are wanted.
  const auto filtered =
      !words.empty()
      || (search.least
          && *search.least != (troubles ? log_level::warn : log_level::trace));
  const auto most = filtered ? lines_of_a_search : search.limit;
  // The lines that are looked at: those of trouble have an index.
  auto looked_at = [&](sql_builder& builder, const std::string& what) {
    const line_place place{builder, search.backward};
    auto text = "SELECT " + what + " FROM " + builder.table() + " WHERE "
                + builder.equals({"task_id", search.task_id});
    if (place.timed)
      text += " AND " + builder.as_time("timestamp") + " IS NOT NULL";
    if (troubles)
      text += " AND " + std::string{trouble_lines};
    if (search.from) {
      text += " AND (" + place.columns + (search.backward ? ") < (" : ") > (");
      if (place.timed)
        text += builder.time(search.from->time) + ", ";
      text += builder.text(search.from->id) + ")";
    }
    return text + " ORDER BY " + place.order;
  };
  auto rows = run_built(session, log_table, [&](sql_builder& builder) {
    auto text = "SELECT " + builder.read("id") + ", " + builder.read("level")
                + ", " + builder.read("logger") + ", "
                + builder.read_cut("message", longest_message) + ", "
                + builder.read_time("timestamp") + " FROM ("
                + looked_at(builder, "*") + " LIMIT " + std::to_string(most)
                + ") AS part WHERE 1 = 1";
    if (search.least)
      text += " AND \"level\" IN (" + names_from(*search.least) + ")";
    for (const auto& word : words)
      text += " AND " + builder.holds("\"message\"", word);
    return text + " ORDER BY " + line_place{builder, search.backward}.order
           + " LIMIT " + builder.number(search.limit);
  });
  if (!rows)
    return rows.error();
  found_lines out;
  for (auto& row : *rows) {
    auto& line = out.lines.emplace_back(log_row{std::move(row[0]),
                                                std::move(row[1]),
                                                std::move(row[2]),
                                                std::move(row[3]),
                                                {}});
    const auto time = from_iso8601_micros(row[4]);
    if (!time)
      return unreadable_row(session, log_table);
    line.time = *time;
  }
  if (!filtered || out.lines.size() >= search.limit)
    return out;
  auto last = run_built(session, log_table, [&](sql_builder& builder) {
    return looked_at(builder,
                     builder.read_time("timestamp") + ", " + builder.read("id"))
           + " LIMIT 1 OFFSET " + std::to_string(lines_of_a_search - 1);
  });
  if (!last)
    return last.error();
  if (last->empty())
    return out;
  const auto time = from_iso8601_micros(last->front()[0]);
  if (!time)
    return unreadable_row(session, log_table);
  out.reached = {*time, std::move(last->front()[1])};
  return out;
}

} // namespace motorcade
