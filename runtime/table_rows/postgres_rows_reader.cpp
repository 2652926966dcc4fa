#include "runtime/table_rows/postgres_rows_reader.hpp"

#include "runtime/destination/postgres/postgres_link.hpp"
#include "schema/task/tables.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// The SQLSTATE of a statement that took too long.
constexpr std::string_view took_too_long = "57014";

failure unreadable(const failure& why) {
  return {ec::service_unavailable,
          "the destination cannot be read: " + why.what};
}

result<std::vector<std::string>> columns_of(postgres_link& link,
                                            const std::string& schema,
                                            const std::string& table) {
  auto rows = link.run(
      "SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = "
      "a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
      "n.nspname "
      "= $1 AND c.relname = $2 AND c.relkind IN ('r', 'p') AND a.attnum > 0 "
      "AND "
      "NOT a.attisdropped ORDER BY a.attnum",
      {schema, table});
  if (!rows)
    return rows.error();
  std::vector<std::string> out;
  out.reserve(rows->size());
  for (auto& row : *rows)
    out.push_back(row[0].value_or(""));
  return out;
}

std::string order_of(const std::vector<std::string>& columns) {
  for (const auto* name : time_columns)
    if (std::find(columns.begin(), columns.end(), name) != columns.end())
      return name;
  return "none";
}

std::string select(const std::string& schema, const std::string& table,
                   const std::vector<std::string>& columns,
                   const std::string& order, const table_look& look) {
  std::string text;
  for (const auto& name : columns)
    // One more character than is shown tells whether it is cut.
    text += (text.empty() ? "SELECT left(" : ", left(") + quote_identifier(name)
            + "::text, " + std::to_string(look.characters + 1) + ")";
  text += " FROM " + quote_identifier(schema) + "." + quote_identifier(table);
  if (order != "none")
    text += " ORDER BY " + quote_identifier(order) + " DESC NULLS LAST";
  return text + " LIMIT " + std::to_string(look.rows_of(columns.size()) + 1);
}

} // namespace

result<table_page> read_postgres_rows(const postgres_config& config,
                                      const std::string& schema,
                                      const std::string& table,
                                      const table_look& look) {
  const interruption never;
  link_limits limits;
  limits.connect = look.time;
  limits.stall = look.time;
  limits.answer = look.time + std::chrono::seconds{1};
  auto made =
      postgres_link::connect(config, "motorcade syncctl", limits, never);
  if (!made)
    return unreadable(made.error());
  auto& link = **made;
  const auto time = std::to_string(look.time.count());
  if (auto set = link.run("SET default_transaction_read_only = on; SET "
                          "statement_timeout = "
                          + time + "; SET lock_timeout = " + time);
      !set)
    return unreadable(set.error());
  auto columns = columns_of(link, schema, table);
  if (!columns)
    return unreadable(columns.error());
  table_page out;
  if (columns->empty())
    return out;
  columns->resize(std::min(columns->size(), look.columns));
  out.order = order_of(*columns);
  auto rows = link.run(select(schema, table, *columns, out.order, look));
  // Too many rows to be ordered in time.
  if (!rows && out.order != "none" && link.open()
      && link.sqlstate() == took_too_long) {
    out.order = "none";
    rows = link.run(select(schema, table, *columns, out.order, look));
  }
  if (!rows)
    return unreadable(rows.error());
  out.columns = std::move(*columns);
  for (auto& row : *rows) {
    if (out.rows.size() == look.rows_of(out.columns.size())) {
      out.more = true;
      break;
    }
    for (auto& value : row)
      if (value)
        *value = cut_value(std::move(*value), look.characters);
    out.rows.push_back(std::move(row));
  }
  return out;
}

} // namespace motorcade
