#include "runtime/records/record_pages.hpp"

#include "runtime/database/sql_run.hpp"
#include "runtime/records/record_tables.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view states_table = "source_state";
/// The most bytes of a text in a list: a list has up to a thousand rows, and
/// several lists are read at a time.
constexpr size_t longest_listed = size_t{16} << 10;
/// The most bytes of a text in the answer to a request for one row.
constexpr size_t longest_found = size_t{4} << 20;

const std::vector<task_status>& every_status() {
  using enum task_status;
  static const std::vector<task_status> all = {
      running, success, partial, failed, cancelled, time_exceeded};
  return all;
}

bool is_document(std::string_view column) {
  return column == "started_by" || column == "description"
         || column == "metrics";
}

/// @param longest The most characters of a text: a longer document is NULL, and
/// a longer error is cut.
std::string task_columns(sql_builder& builder, size_t longest) {
  std::string columns;
  for (std::string_view name :
       {"sync_id", "task_id", "package", "version", "started_by", "description",
        "metrics", "error", "status"}) {
    auto read = builder.read(name);
    if (is_document(name) && builder.has(name))
      read = "CASE WHEN length(" + builder.as_text(name)
             + ") <= " + builder.number(longest) + " THEN " + read + " END";
    else if (name == "error" && builder.has(name))
      read = "substr(" + builder.as_text(name) + ", 1, "
             + std::to_string(longest) + ")";
    columns += read + ", ";
  }
  return columns + builder.read_time("started_at") + ", "
         + builder.read_time("updated_at");
}

/// Takes a time; NULL, which tables of other programs may hold, is none.
bool take(const std::string& text, wall_time& time) {
  auto read = text.empty() ? wall_time{} : from_iso8601_micros(text);
  if (read)
    time = *read;
  return read.has_value();
}

std::optional<task_record> to_record(sql_row& row) {
  task_record out;
  out.sync_id = std::move(row[0]);
  out.task_id = std::move(row[1]);
  out.package = std::move(row[2]);
  out.version = std::move(row[3]);
  out.started_by = std::move(row[4]);
  out.description = std::move(row[5]);
  out.metrics = std::move(row[6]);
  out.error = std::move(row[7]);
  bool fits = from_string(row[8], out.status) && take(row[9], out.started_at)
              && take(row[10], out.updated_at);
  return fits ? std::optional{std::move(out)} : std::nullopt;
}

/// @returns the condition for rows that fit a filter, wherever in the list.
std::string condition_of(const task_filter& filter, sql_builder& builder) {
  const auto began = builder.as_time("started_at");
  auto text = began + " IS NOT NULL AND ";
  // One status is looked up in an index. Tables of other programs may hold
  // statuses that this one does not know.
  if (filter.statuses.size() == 1 && builder.is_text("status")) {
    text += builder.equals(
        {"status", std::string{to_string(filter.statuses.front())}});
  } else {
    text += builder.unindexed("status") + " IN (";
    const auto& wanted =
        filter.statuses.empty() ? every_status() : filter.statuses;
    for (size_t i = 0; i < wanted.size(); ++i)
      text += (i > 0 ? ", " : "") + builder.text(to_string(wanted[i]));
    text += ")";
  }
  if (!filter.sync_id.empty())
    text += " AND " + builder.equals({"sync_id", filter.sync_id});
  if (!filter.package.empty())
    text += " AND " + builder.equals({"package", filter.package});
  if (filter.from)
    text += " AND " + began + " >= " + builder.time(*filter.from);
  if (filter.to)
    text += " AND " + began + " < " + builder.time(*filter.to);
  return text;
}

} // namespace

bool has_command(const task_filter& filter, std::string_view command) {
  const auto& wanted = filter.commands;
  return wanted.empty()
         || std::find(wanted.begin(), wanted.end(), command) != wanted.end();
}

/// Reads rows up to the one that exceeds `page_bytes`: rows may be large, and
/// the database would send all of them.
/// @param size Writes the SQL of a row's size in bytes.
/// @param from Writes the SQL behind the columns, for at most so many rows.
template <class Size, class From, class Columns>
result<std::vector<sql_row>>
record_pages::page(std::string_view table, size_t limit, const Size& size,
                   const From& from, const Columns& columns) const {
  auto sizes = run_built(session_, table, [&](sql_builder& builder) {
    auto what = size(builder);
    return "SELECT " + what + from(builder, limit);
  });
  if (!sizes || sizes->empty())
    return sizes;
  size_t rows = 0;
  for (size_t sum = 0; rows < sizes->size() && sum <= page_bytes; ++rows)
    sum += std::strtoull((*sizes)[rows][0].c_str(), nullptr, 10);
  return run_built(session_, table, [&](sql_builder& builder) {
    auto what = columns(builder);
    return "SELECT " + what + from(builder, rows);
  });
}

result<std::vector<task_record>>
record_pages::to_records(result<std::vector<sql_row>> rows) const {
  if (!rows)
    return rows.error();
  std::vector<task_record> records;
  records.reserve(rows->size());
  for (auto& row : *rows) {
    auto record = to_record(row);
    if (!record)
      return unreadable_row(session_, task_table);
    records.push_back(std::move(*record));
  }
  return records;
}

result<std::vector<task_record>>
record_pages::list(const task_filter& filter) const {
  if (!has_command(filter, "read"))
    return std::vector<task_record>{};
  auto from = [&](sql_builder& builder, size_t limit) {
    auto began = builder.as_time("started_at");
    auto id = builder.as_text("task_id");
    auto text =
        " FROM " + builder.table() + " WHERE " + condition_of(filter, builder);
    if (filter.before) {
      text += " AND (" + began + ", " + id + ") < (";
      text += builder.time(*filter.before) + ", ";
      text += builder.text(filter.before_task_id) + ")";
    }
    return text + " ORDER BY " + began + " DESC, " + id + " DESC LIMIT "
           + builder.number(limit);
  };
  // The size counts no text that is left out or cut off.
  auto size = [](sql_builder& builder) {
    std::string sum = "0";
    for (const auto* name : {"started_by", "description", "metrics", "error"})
      if (builder.has(name))
        sum += " + CASE WHEN length(" + builder.as_text(name)
               + ") <= " + builder.number(longest_listed) + " THEN "
               + builder.bytes(name) + " ELSE 0 END";
    return sum;
  };
  return to_records(
      page(task_table, filter.limit, size, from, [](sql_builder& builder) {
        return task_columns(builder, longest_listed);
      }));
}

result<std::optional<task_record>>
record_pages::find(const std::string& task_id) const {
  auto records =
      to_records(run_built(session_, task_table, [&](sql_builder& builder) {
        return "SELECT " + task_columns(builder, longest_found) + " FROM "
               + builder.table() + " WHERE "
               + builder.equals({"task_id", task_id});
      }));
  if (!records)
    return records.error();
  if (records->empty())
    return std::optional<task_record>{};
  return std::optional{std::move(records->front())};
}

result<std::vector<log_row>> record_pages::logs(const std::string& task_id,
                                                const log_position& after,
                                                size_t limit) const {
  auto columns = [](sql_builder& builder) {
    return builder.read("id") + ", " + builder.read("level") + ", "
           + builder.read("logger") + ", "
           + builder.read_cut("message", page_bytes) + ", "
           + builder.read_time("timestamp");
  };
  auto size = [](sql_builder& builder) {
    return builder.cut_bytes("message", page_bytes);
  };
  auto from = [&](sql_builder& builder, size_t most) {
    auto text = " FROM " + builder.table() + " WHERE "
                + builder.equals({"task_id", task_id});
    auto place = builder.as_text("id");
    bool timed = builder.has("timestamp");
    if (timed) {
      auto time = builder.as_time("timestamp");
      place = time + ", " + place;
      text += " AND " + time + " IS NOT NULL";
    }
    if (after.time != wall_time{} || !after.id.empty()) {
      text += " AND (" + place + ") > (";
      if (timed)
        text += builder.time(after.time) + ", ";
      text += builder.text(after.id) + ")";
    }
    return text + " ORDER BY " + place + " LIMIT " + builder.number(most);
  };
  auto rows = page(log_table, limit, size, from, columns);
  if (!rows)
    return rows.error();
  std::vector<log_row> found;
  found.reserve(rows->size());
  for (auto& row : *rows) {
    auto& line = found.emplace_back(log_row{std::move(row[0]),
                                            std::move(row[1]),
                                            std::move(row[2]),
                                            std::move(row[3]),
                                            {}});
    if (!take(row[4], line.time))
      return unreadable_row(session_, log_table);
  }
  return found;
}

result<std::map<task_status, uint64_t>>
record_pages::count(const task_filter& filter) const {
  std::map<task_status, uint64_t> out;
  if (!has_command(filter, "read"))
    return out;
  auto rows = run_built(session_, task_table, [&](sql_builder& builder) {
    const auto status = builder.as_text("status");
    return "SELECT " + status + ", count(*) FROM " + builder.table() + " WHERE "
           + condition_of(filter, builder) + " GROUP BY 1";
  });
  if (!rows)
    return rows.error();
  for (const auto& row : *rows) {
    auto status = task_status::running;
    if (from_string(row[0], status))
      out[status] = std::strtoull(row[1].c_str(), nullptr, 10);
  }
  return out;
}

result<std::vector<state_record>>
record_pages::states(const state_filter& filter) const {
  auto fits = [&](sql_builder& builder) {
    return "length(" + builder.as_text("state")
           + ") <= " + builder.number(filter.longest);
  };
  auto size = [&](sql_builder& builder) {
    return "CASE WHEN " + fits(builder) + " THEN " + builder.bytes("state")
           + " ELSE 0 END";
  };
  auto columns = [&](sql_builder& builder) {
    auto state = builder.as_text("state");
    auto fit = fits(builder);
    return builder.read("stream") + ", CASE WHEN " + fit + " THEN " + state
           + " END, CASE WHEN " + fit + " THEN '' WHEN " + state
           + " IS NULL THEN '' ELSE '1' END, " + builder.read_time("timestamp");
  };
  auto from = [&](sql_builder& builder, size_t most) {
    auto stream = builder.as_text("stream");
    auto text = " FROM " + builder.table() + " WHERE "
                + builder.equals({"sync_id", filter.sync_id});
    if (!filter.after.empty())
      text += " AND " + stream + " > " + builder.text(filter.after);
    return text + " ORDER BY " + stream + " LIMIT " + builder.number(most);
  };
  auto rows = page(states_table, filter.limit, size, from, columns);
  if (!rows)
    return rows.error();
  std::vector<state_record> found;
  found.reserve(rows->size());
  for (auto& row : *rows) {
    auto& one = found.emplace_back(state_record{
        std::move(row[0]), std::move(row[1]), !row[2].empty(), {}});
    if (!take(row[3], one.time))
      return unreadable_row(session_, states_table);
  }
  return found;
}

result<saved_whole> record_pages::saved_states(const std::string& sync_id,
                                               uint64_t most) const {
  // The bytes around each state in a document.
  constexpr auto frame = 128;
  // One statement, so that all states are of one moment and the database sends
  // none if they are too large.
  auto rows = run_built(session_, states_table, [&](sql_builder& builder) {
    auto where = " FROM " + builder.table() + " WHERE "
                 + builder.equals({"sync_id", sync_id});
    auto sum = "(SELECT sum(" + builder.bytes("stream") + " + "
               + builder.bytes("state") + " + " + std::to_string(frame) + ")"
               + where + ")";
    auto stream = builder.as_text("stream");
    return "SELECT " + sum + ", " + stream + ", CASE WHEN " + sum
           + " <= " + builder.number(most) + " THEN " + builder.as_text("state")
           + " END" + where + " ORDER BY " + stream;
  });
  if (!rows)
    return rows.error();
  saved_whole out;
  for (auto& row : *rows) {
    out.bytes = std::strtoull(row[0].c_str(), nullptr, 10);
    if (out.bytes > most)
      break;
    out.states.push_back({std::move(row[1]), std::move(row[2])});
  }
  return out;
}

} // namespace motorcade
