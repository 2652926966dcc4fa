#include "runtime/records/inquiry_records.hpp"

#include "runtime/database/sql_run.hpp"
#include "runtime/records/record_pages.hpp"
#include "runtime/records/record_tables.hpp"
#include "runtime/task/task_request.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <utility>

namespace motorcade {

namespace {

/// A table of answers: its command, and what its columns mean.
struct answers {
  std::string_view command;
  std::string_view table;
  /// The column that is empty if a spec failed; empty: `status` says it.
  std::string_view document;
  /// The column that says why a task failed.
  std::string_view reason;
  /// The columns that, behind the command, make a row's id.
  std::vector<std::string_view> id;
};

const std::array<answers, 3>& all_answers() {
  static const std::array<answers, 3> all = {
      answers{"spec", "source_spec", "specs", "error", {"package", "version"}},
      answers{"check", "source_check", "", "description", {"key"}},
      answers{"discover",
              "source_catalog",
              "",
              "description",
              {"package", "version", "key"}}};
  return all;
}

constexpr std::string_view catalogs = "source_catalog";
/// The longest reason in a row of a list, in characters.
constexpr size_t longest_reason = 2000;

/// `a = 1 AND b = 2`.
std::string same(sql_builder& builder, std::span<const column_value> key) {
  std::string condition;
  for (const auto& value : key)
    condition += (condition.empty() ? "" : " AND ") + builder.equals(value);
  return condition;
}

/// @returns an expression for the row's id, in byte order.
std::string id_of(const answers& of, const sql_builder& builder) {
  auto out = "'" + std::string{of.command} + "'";
  for (auto column : of.id)
    out += " || ':' || " + builder.as_text(column);
  return "(" + out + ")";
}

std::string status_of(const answers& of, const sql_builder& builder) {
  return of.document.empty() ? builder.as_text("status")
                             : "(CASE WHEN " + quote_identifier(of.document)
                                   + " IS NULL THEN 'FAILED' ELSE 'SUCCESS' "
                                     "END)";
}

bool is_usable(const answers& of, const sql_builder& builder) {
  return builder.has("timestamp")
         && builder.has(of.document.empty() ? "status" : of.document)
         && std::all_of(of.id.begin(), of.id.end(),
                        [&](auto column) { return builder.has(column); });
}

/// @param longest The most characters of the reason; nothing: all of them.
std::string columns_of(const answers& of, sql_builder& builder,
                       std::optional<size_t> longest) {
  auto reason = builder.read(of.reason);
  if (longest && builder.has(of.reason))
    reason = "substr(" + builder.as_text(of.reason) + ", 1, "
             + std::to_string(*longest) + ")";
  return builder.read("package") + ", " + builder.read("version") + ", "
         + (of.document.empty() ? builder.read("key") : "NULL") + ", "
         + status_of(of, builder) + ", " + reason + ", "
         + builder.read_time("timestamp");
}

/// @returns the row as a record; nothing: it does not say enough for one.
std::optional<task_record> to_record(const answers& of, sql_row& row) {
  task_request what;
  what.command = of.command;
  what.package = row[0];
  what.version = row[1];
  what.storage_key = row[2];
  task_record out;
  auto time = from_iso8601_micros(row[5]);
  if (!time || !from_string(row[3], out.status))
    return std::nullopt;
  out.task_id = inquiry_id(what);
  out.log_id = log_task_id(what);
  out.command = what.command;
  out.package = std::move(what.package);
  out.version = std::move(what.version);
  out.storage_key = std::move(what.storage_key);
  out.started_at = out.updated_at = *time;
  // A check that succeeded may have a message, too.
  if (out.status == task_status::success && !row[4].empty())
    out.description = encode_json_string(row[4]);
  else
    out.error = std::move(row[4]);
  return out;
}

bool is_newer(const task_record& a, const task_record& b) {
  return std::pair{a.started_at, std::string_view{a.task_id}}
         > std::pair{b.started_at, std::string_view{b.task_id}};
}

using condition = std::function<std::string(const answers&, sql_builder&)>;

/// @param where Everything behind WHERE; an empty text: the table is not
/// read.
result<std::vector<task_record>> read_all(sql_session& session,
                                          const condition& where,
                                          std::optional<size_t> longest) {
  std::vector<task_record> out;
  for (const auto& of : all_answers()) {
    auto rows = run_built(session, of.table, [&](sql_builder& builder) {
      auto what = is_usable(of, builder) ? where(of, builder) : std::string{};
      return what.empty() ? std::string{"SELECT 1 WHERE 1 = 0"}
                          : "SELECT " + columns_of(of, builder, longest)
                                + " FROM " + builder.table() + " WHERE "
                                + builder.as_time("timestamp")
                                + " IS NOT NULL AND " + what;
    });
    if (!rows)
      return rows.error();
    for (auto& row : *rows)
      if (auto record = to_record(of, row))
        out.push_back(std::move(*record));
  }
  std::sort(out.begin(), out.end(), is_newer);
  return out;
}

/// @returns the condition for rows that fit a filter, wherever in the list.
std::string condition_of(const answers& of, const task_filter& filter,
                         sql_builder& builder) {
  using enum task_status;
  static const std::vector<task_status> all = {running, success, failed};
  const auto& wanted = filter.statuses.empty() ? all : filter.statuses;
  const auto time = builder.as_time("timestamp");
  auto text = status_of(of, builder) + " IN (";
  for (size_t i = 0; i < wanted.size(); ++i)
    text += (i > 0 ? ", " : "") + builder.text(to_string(wanted[i]));
  text += ")";
  if (!filter.package.empty())
    text +=
        " AND "
        + (builder.has("package") ? builder.equals({"package", filter.package})
                                  : std::string{"1 = 0"});
  if (filter.from)
    text += " AND " + time + " >= " + builder.time(*filter.from);
  if (filter.to)
    text += " AND " + time + " < " + builder.time(*filter.to);
  return text;
}

} // namespace

result<std::vector<task_record>>
inquiry_records::list(const task_filter& filter) const {
  if (!filter.sync_id.empty())
    return std::vector<task_record>{};
  auto where = [&](const answers& of, sql_builder& builder) -> std::string {
    if (!has_command(filter, of.command))
      return {};
    auto time = builder.as_time("timestamp");
    auto id = id_of(of, builder);
    auto text = condition_of(of, filter, builder);
    if (filter.before) {
      text += " AND (" + time + ", " + id + ") < (";
      text += builder.time(*filter.before) + ", ";
      text += builder.text(filter.before_task_id) + ")";
    }
    return text + " ORDER BY " + time + " DESC, " + id + " DESC LIMIT "
           + builder.number(filter.limit);
  };
  auto out = read_all(session_, where, longest_reason);
  if (out && out->size() > filter.limit)
    out->resize(filter.limit);
  return out;
}

result<std::map<task_status, uint64_t>>
inquiry_records::count(const task_filter& filter,
                       std::span<const std::string> without) const {
  std::map<task_status, uint64_t> out;
  if (!filter.sync_id.empty())
    return out;
  for (const auto& of : all_answers()) {
    if (!has_command(filter, of.command))
      continue;
    auto rows = run_built(session_, of.table, [&](sql_builder& builder) {
      if (!is_usable(of, builder))
        return std::string{"SELECT 1 WHERE 1 = 0"};
      auto text = "SELECT " + status_of(of, builder) + ", count(*) FROM "
                  + builder.table() + " WHERE " + builder.as_time("timestamp")
                  + " IS NOT NULL AND " + condition_of(of, filter, builder);
      for (const auto& id : without)
        text += " AND " + id_of(of, builder) + " <> " + builder.text(id);
      return text + " GROUP BY 1";
    });
    if (!rows)
      return rows.error();
    for (const auto& row : *rows) {
      auto status = task_status::running;
      if (from_string(row[0], status))
        out[status] += std::strtoull(row[1].c_str(), nullptr, 10);
    }
  }
  return out;
}

result<std::optional<task_record>>
inquiry_records::find(const std::string& id) const {
  constexpr std::string_view key_mark = "key:";
  auto key = id.starts_with(key_mark) ? id.substr(key_mark.size()) : id;
  auto where = [&](const answers& of, sql_builder& builder) {
    auto whole = id_of(of, builder);
    auto text = "(" + whole + " = " + builder.text(id);
    if (of.command == "spec")
      text += " OR " + whole + " = " + builder.text("spec:" + id);
    else
      text += " OR " + builder.as_text("key") + " = " + builder.text(key);
    return text + ") ORDER BY " + builder.as_time("timestamp")
           + " DESC LIMIT 1";
  };
  auto found = read_all(session_, where, std::nullopt);
  if (!found)
    return found.error();
  if (found->empty())
    return std::optional<task_record>{};
  return std::optional{std::move(found->front())};
}

template <class Condition>
result<bool>
inquiry_records::write_unless_told(const row_write& write,
                                   const Condition& may_change) const {
  auto updated = run_built(session_, write.table, [&](sql_builder& builder) {
    column_list columns{builder};
    for (const auto& value : write.values)
      columns.add(value);
    columns.add_now("timestamp");
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE " + same(builder, write.key) + " AND "
           + may_change(builder) + " RETURNING 1";
  });
  if (!updated)
    return updated.error();
  if (!updated->empty())
    return true;
  auto inserted = run_built(session_, write.table, [&](sql_builder& builder) {
    column_list columns{builder};
    for (const auto& value : write.key)
      columns.add(value);
    for (const auto& value : write.values)
      columns.add(value);
    columns.add_now("timestamp");
    return "INSERT INTO " + builder.table() + " (" + columns.names()
           + ") SELECT " + columns.values()
           + " WHERE NOT EXISTS (SELECT 1 FROM " + builder.table() + " WHERE "
           + same(builder, write.key) + ") ON CONFLICT DO NOTHING RETURNING 1";
  });
  if (!inserted)
    return inserted.error();
  return !inserted->empty();
}

result<bool> inquiry_records::store_failure(const result_row& row,
                                            wall_time started_at) const {
  auto failed = row;
  failed.status = task_status::failed;
  failed.document.clear();
  return write_unless_told(result_values(failed), [&](sql_builder& builder) {
    if (row.command == inquiry::discover)
      return std::string{says_running};
    // Without a time an older row cannot be told from the sidecar's.
    auto older = builder.has("timestamp") ? builder.as_time("timestamp") + " < "
                                                + builder.time(started_at)
                                          : std::string{"1 = 0"};
    if (row.command == inquiry::spec && builder.has("specs"))
      older += " AND specs IS NULL";
    return older;
  });
}

result<size_t> inquiry_records::close_stale(std::chrono::seconds age,
                                            const std::string& error) const {
  auto rows = run_built(session_, catalogs, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"status", std::string{to_string(task_status::failed)}});
    columns.add({"description", error});
    columns.add_now("timestamp");
    auto old = builder.has("timestamp")
                   ? builder.as_time("timestamp") + " <= " + builder.ago(age)
                   : std::string{"1 = 0"};
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE " + says_running + " AND " + old + " RETURNING 1";
  });
  if (!rows)
    return rows.error();
  return rows->size();
}

} // namespace motorcade
