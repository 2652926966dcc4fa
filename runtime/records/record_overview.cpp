#include "runtime/records/record_overview.hpp"

#include "runtime/database/sql_run.hpp"
#include "runtime/records/record_tables.hpp"

#include <cstdlib>
#include <map>
#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view specs = "source_spec";

/// SQL of the title that a stored spec gives its connector.
std::string title_of_spec(const sql_builder& builder, sql_dialect dialect) {
  if (!builder.has("specs"))
    return "NULL";
  return dialect == sql_dialect::postgres
             ? "\"specs\"::jsonb->'connectionSpecification'->>'title'"
             : "CASE WHEN json_valid(\"specs\") THEN json_extract(\"specs\", "
               "'$.connectionSpecification.title') END";
}

/// A table of answers: the columns of its document, of the reason why there is
/// none, and of its status.
struct answer_table {
  std::string_view name;
  std::string_view document;
  std::string_view reason;
  /// Empty: an answer with a document is a success.
  std::string_view status;
};

answer_table table_of(inquiry command) {
  switch (command) {
  case inquiry::check:
    return {"source_check", "", "description", "status"};
  case inquiry::discover:
    return {"source_catalog", "catalog", "description", "status"};
  default:
    return {specs, "specs", "error", ""};
  }
}

/// Each value becomes a parameter of the statement, used once.
std::string is_of(sql_builder& builder, const inquiry_key& of) {
  std::string out;
  const auto add = [&](std::string_view column, const std::string& text) {
    out += (out.empty() ? "" : " AND ") + builder.equals({column, text});
  };
  if (of.command != inquiry::spec)
    add("key", of.key);
  if (of.command == inquiry::spec
      || (of.command == inquiry::discover && !of.package.empty())) {
    add("package", of.package);
    add("version", of.version);
  }
  return out;
}

} // namespace

result<std::optional<inquiry_answer>>
record_overview::answer(const inquiry_key& of, uint64_t most) const {
  const auto table = table_of(of.command);
  auto rows = run_built(session_, table.name, [&](sql_builder& builder) {
    const auto none = std::string{"NULL"};
    const auto bytes =
        table.document.empty() ? "0" : builder.bytes(table.document);
    return "SELECT "
           + (table.status.empty() ? none : builder.read(table.status)) + ", "
           + (table.document.empty()
                  ? none
                  : "CASE WHEN " + bytes + " <= " + builder.number(most)
                        + " THEN " + builder.read(table.document) + " END")
           + ", " + bytes + ", " + builder.read(table.reason) + ", "
           + builder.read_time("timestamp") + " FROM " + builder.table()
           + " WHERE " + is_of(builder, of)
           + (builder.has("timestamp")
                  ? " ORDER BY " + builder.as_time("timestamp") + " DESC"
                  : "")
           + " LIMIT 1";
  });
  if (!rows)
    return rows.error();
  if (rows->empty())
    return std::optional<inquiry_answer>{};
  auto& row = rows->front();
  inquiry_answer out;
  out.document = std::move(row[1]);
  out.document_bytes = std::strtoull(row[2].c_str(), nullptr, 10);
  out.message = std::move(row[3]);
  out.time = from_iso8601_micros(row[4]);
  if (table.status.empty())
    out.status =
        out.document_bytes > 0 ? task_status::success : task_status::failed;
  else if (!from_string(row[0], out.status))
    return unreadable_row(session_, table.name);
  return std::optional{std::move(out)};
}

result<std::vector<connector_usage>>
record_overview::connectors(std::chrono::seconds age) const {
  auto used = run_built(session_, task_table, [&](sql_builder& builder) {
    // The last time becomes a text once it is found.
    return "SELECT package, version, runs, failures, "
           + builder.read_time("started_at") + " FROM (SELECT "
           + builder.as_text("package") + " AS package, "
           + builder.as_text("version")
           + " AS version, count(*) AS runs, sum(CASE WHEN \"status\" = "
             "'FAILED' THEN 1 ELSE 0 END) AS failures, max(\"started_at\") AS "
             "\"started_at\" FROM "
           + builder.table() + " WHERE " + builder.as_time("started_at")
           + " >= " + builder.ago(age) + " GROUP BY 1, 2) AS used";
  });
  if (!used)
    return used.error();
  const auto dialect = session_.dialect();
  auto known = run_built(session_, specs, [&](sql_builder& builder) {
    return "SELECT " + builder.as_text("package") + ", "
           + builder.as_text("version") + ", CASE WHEN " + builder.read("specs")
           + " IS NULL THEN '' ELSE '1' END, " + title_of_spec(builder, dialect)
           + " FROM " + builder.table();
  });
  if (!known)
    return known.error();
  std::map<std::pair<std::string, std::string>, connector_usage> found;
  for (const auto& row : *used) {
    auto& one = found[{row[0], row[1]}];
    one.runs = std::strtoull(row[2].c_str(), nullptr, 10);
    one.failures = std::strtoull(row[3].c_str(), nullptr, 10);
    one.last_used_at = from_iso8601_micros(row[4]);
  }
  for (const auto& row : *known) {
    auto& one = found[{row[0], row[1]}];
    one.spec_known = !row[2].empty();
    one.title = row[3];
  }
  std::vector<connector_usage> out;
  out.reserve(found.size());
  for (auto& [key, one] : found) {
    one.package = key.first;
    one.version = key.second;
    out.push_back(std::move(one));
  }
  return out;
}

} // namespace motorcade
