#include "runtime/sync_records/run_history.hpp"

#include "runtime/sync_records/sync_rows.hpp"
#include "schema/base/words.hpp"
#include "schema/task/sync_conditions.hpp"

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace motorcade {

namespace {

/// In characters, of the errors of runs that a list of syncs shows.
constexpr size_t longest_error = 2000;
/// In bytes, of the sealed secrets that a list of syncs opens: a config may
/// have megabytes, and a list a thousand of them.
constexpr size_t longest_secrets = 64 << 10;

/// SQL of the texts of a sync in which words are looked for. Of labels these
/// are names and values, each on a line, so that no word is found in JSON.
std::vector<std::string> searched(const sql_builder& builder,
                                  sql_dialect dialect) {
  const std::string definition = "\"definition\"";
  if (dialect == sql_dialect::postgres)
    return {builder.as_text("sync_id"),
            "(" + definition + "->'source'->>'package')",
            "(SELECT string_agg(\"key\" || chr(10) || \"value\", chr(10)) "
            "FROM jsonb_each_text(CASE WHEN jsonb_typeof(("
                + definition + "->'labels')::jsonb) = 'object' THEN ("
                + definition + "->'labels')::jsonb END))"};
  return {builder.as_text("sync_id"),
          "json_extract(" + definition + ", '$.source.package')",
          "(SELECT group_concat(\"key\" || char(10) || \"value\", char(10)) "
          "FROM json_each("
              + definition + ", '$.labels'))"};
}

/// @returns the condition that one of the texts holds the word.
std::string any_holds(const std::vector<std::string>& texts,
                      sql_builder& builder, const std::string& word) {
  std::string out;
  for (const auto& text : texts)
    out += (out.empty() ? "(" : " OR ") + builder.holds(text, word);
  return out + ")";
}

std::string has_label(sql_builder& builder, sql_dialect dialect,
                      const sync_filter& filter) {
  const auto label = builder.text(filter.label);
  const auto value = builder.text(filter.label_value);
  return dialect == sql_dialect::postgres
             ? "\"definition\"->'labels'->>" + label + " = " + value
             : "EXISTS (SELECT 1 FROM json_each(\"definition\", '$.labels') "
               "WHERE \"key\" = "
                   + label + " AND \"value\" = " + value + ")";
}

uint64_t number_of(const sql_row& row, size_t at) {
  return std::strtoull(row[at].c_str(), nullptr, 10);
}

/// SQL that puts the newest first, in a fixed order.
std::string newest_first(const sql_builder& builder) {
  return " ORDER BY " + builder.as_time("created_at") + " DESC, "
         + builder.as_text("run_id") + " DESC LIMIT ";
}

} // namespace

result<std::vector<stored_sync>> run_history::syncs(const sync_filter& filter) {
  std::vector<std::string> under_way;
  if (filter.standing == sync_standing::running) {
    auto found = running();
    if (!found)
      return found.error();
    under_way = std::move(*found);
  }
  const auto dialect = session_->dialect();
  return convert<stored_sync>(
      run_built(*session_, definitions,
                [&](sql_builder& builder) {
                  const auto id = builder.as_text("sync_id");
                  auto text = "SELECT "
                              + columns_of_sync(builder, longest_secrets)
                              + " FROM " + builder.table() + " WHERE " + id
                              + " > " + builder.text(filter.after);
                  for (const auto& word : words_of(filter.words))
                    text +=
                        " AND "
                        + any_holds(searched(builder, dialect), builder, word);
                  if (!filter.label.empty())
                    text += " AND " + has_label(builder, dialect, filter);
                  if (filter.standing == sync_standing::running)
                    text += " AND " + builder.any("sync_id", under_way);
                  else if (filter.standing == sync_standing::paused)
                    text += " AND " + std::string{paused_syncs};
                  else if (filter.standing == sync_standing::failing)
                    text += builder.has("last_status")
                                ? " AND " + std::string{failing_syncs}
                                : " AND 1 = 0";
                  return text + " ORDER BY " + id + " LIMIT "
                         + builder.number(filter.limit);
                }),
      *session_, definitions, to_sync);
}

result<std::vector<std::string>> run_history::running() {
  auto rows = run_built(*session_, run_table, [&](sql_builder& builder) {
    return "SELECT DISTINCT " + builder.as_text("sync_id") + " FROM "
           + builder.table() + " WHERE " + std::string{active_stages}
           + " AND (\"status\" <> 'WAITING' OR " + builder.as_time("due_at")
           + " <= " + builder.ago(std::chrono::seconds{0}) + ")";
  });
  if (!rows)
    return rows.error();
  std::vector<std::string> out;
  out.reserve(rows->size());
  for (auto& row : *rows)
    out.push_back(std::move(row.front()));
  return out;
}

result<sync_counts> run_history::counts() {
  auto rows = run_built(*session_, definitions, [](sql_builder& builder) {
    // One index each: a look at all rows would read all definitions.
    const auto those = [&](std::string_view condition) {
      return "(SELECT count(*) FROM " + builder.table() + " WHERE "
             + std::string{condition} + ")";
    };
    return "SELECT (SELECT count(*) FROM " + builder.table() + "), "
           + (builder.has("last_status") ? those(failing_syncs)
                                         : std::string{"0"})
           + ", " + those(paused_syncs);
  });
  if (!rows)
    return rows.error();
  auto under_way = running();
  if (!under_way)
    return under_way.error();
  sync_counts out;
  out.all = number_of(rows->front(), 0);
  out.failing = number_of(rows->front(), 1);
  out.paused = number_of(rows->front(), 2);
  out.running = under_way->size();
  return out;
}

result<std::vector<sync_run>> run_history::runs(const run_filter& filter) {
  return convert<sync_run>(
      run_built(*session_, run_table,
                [&](sql_builder& builder) {
                  const auto added = builder.as_time("created_at");
                  auto text = "SELECT "
                              + columns_of_run(builder, filter.longest_error)
                              + " FROM " + builder.table() + " WHERE "
                              + builder.equals({"sync_id", filter.sync_id});
                  if (filter.from)
                    text +=
                        " AND " + added + " >= " + builder.time(*filter.from);
                  if (filter.to)
                    text += " AND " + added + " < " + builder.time(*filter.to);
                  if (filter.before) {
                    text += " AND (" + added + ", " + builder.as_text("run_id")
                            + ") < (" + builder.time(*filter.before) + ", ";
                    text += builder.text(filter.before_id) + ")";
                  }
                  return text + newest_first(builder)
                         + builder.number(filter.limit);
                }),
      *session_, run_table, to_run);
}

template <class Condition>
result<std::map<std::string, std::vector<sync_run>>>
run_history::newest_of(std::span<const std::string> sync_ids, size_t most,
                       const Condition& is_wanted) {
  std::map<std::string, std::vector<sync_run>> out;
  if (sync_ids.empty() || most == 0)
    return out;
  auto rows = run_built(*session_, run_table, [&](sql_builder& builder) {
    std::string wanted;
    for (const auto& id : sync_ids)
      wanted += (wanted.empty() ? "(VALUES (" : ", (") + builder.text(id) + ")";
    wanted += ") AS wanted";
    const auto columns = columns_of_run(builder, longest_error);
    // From the end of the sync's part of the index on. Two bounds in place of
    // an equality, and no further column to sort by: otherwise Postgres, which
    // takes all syncs for equal, would read and sort all runs of a sync that
    // has far more than others.
    const auto of_one = [&](const std::string& what, const std::string& id) {
      return "(SELECT " + what + " FROM " + builder.table() + " AS one WHERE "
             + "one.\"sync_id\" >= " + id + " AND one.\"sync_id\" <= " + id
             + is_wanted(builder) + " ORDER BY one.\"sync_id\" DESC, "
             + builder.as_time("created_at") + " DESC LIMIT "
             + builder.number(most) + ")";
    };
    // As many look-ups in an index as there are syncs: one sync may have more
    // runs than all others together.
    if (session_->dialect() == sql_dialect::postgres)
      return "SELECT found.* FROM " + wanted + " (id), LATERAL "
             + of_one(columns, "wanted.id") + " AS found";
    return "SELECT " + columns + " FROM " + wanted + " CROSS JOIN "
           + builder.table() + " AS run ON run.rowid IN "
           + of_one("one.rowid", "wanted.column1");
  });
  auto runs = convert<sync_run>(std::move(rows), *session_, run_table, to_run);
  if (!runs)
    return runs.error();
  for (auto& run : *runs) {
    auto& of_sync = out[run.sync_id];
    of_sync.push_back(std::move(run));
  }
  for (auto& [id, of_sync] : out)
    std::sort(of_sync.begin(), of_sync.end(),
              [](const sync_run& left, const sync_run& right) {
                return std::tie(left.created_at, left.id)
                       > std::tie(right.created_at, right.id);
              });
  return out;
}

result<std::map<std::string, std::vector<sync_run>>>
run_history::newest(std::span<const std::string> sync_ids, size_t most) {
  return newest_of(sync_ids, most,
                   [](const sql_builder&) { return std::string{}; });
}

result<std::map<std::string, sync_run>> run_history::last_ended(
    const std::map<std::string, std::vector<sync_run>>& newest) {
  std::map<std::string, sync_run> out;
  std::vector<std::string> others;
  for (const auto& [id, runs] : newest)
    if (is_active(runs.front().stage)
        || runs.front().stage == run_stage::cancelled)
      others.push_back(id);
    else
      out.emplace(id, runs.front());
  auto found = newest_of(others, 1, [](const sql_builder& builder) {
    return " AND NOT " + std::string{active_stages} + " AND (\"status\" <> "
           + "'CANCELLED'"
           + (builder.has("started_at") ? " OR \"started_at\" IS NOT NULL)"
                                        : ")");
  });
  if (!found)
    return found.error();
  for (auto& [id, runs] : *found)
    out.emplace(id, std::move(runs.front()));
  return out;
}

} // namespace motorcade
