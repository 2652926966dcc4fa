#include "runtime/destination/postgres/postgres_sql.hpp"

#include "schema/task/tables.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// @returns the SQL of a part's value as the column's last type.
std::string cast(const column_part& part, const column_shape& to) {
  auto name = quote_identifier(part.name);
  const auto& from = part.shape.type;
  if (from == to.type)
    return name;
  if (from == column_type::timestamp)
    // The time has the form that rows have, in UTC.
    return "regexp_replace(to_char(" + name
           + " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), "
             "'\\.?0+$', '') || 'Z'";
  if (from == column_type::boolean && to.type != column_type::string)
    return name + "::integer::" + to.sql;
  return name + "::" + to.sql;
}

std::string definition(const column_part& part) {
  return quote_identifier(part.name) + ' ' + part.shape.sql;
}

} // namespace

std::string value_of(const table_column& column) {
  const auto& parts = column.parts;
  if (parts.size() == 1)
    return quote_identifier(parts.front().name);
  std::string out = "coalesce(";
  for (auto part = parts.rbegin(); part != parts.rend(); ++part)
    out += (part == parts.rbegin() ? "" : ", ") + cast(*part, column.shape());
  return out + ')';
}

std::string_view default_of(column_type type) {
  switch (type) {
  case column_type::boolean:
    return "false";
  case column_type::integer:
  case column_type::floating:
    return "0";
  case column_type::timestamp:
    return "CURRENT_TIMESTAMP";
  case column_type::json:
    return "'{}'";
  case column_type::string:
    break;
  }
  return "''";
}

postgres_sql::postgres_sql(table_name target, table_name staging,
                           std::vector<std::string> key, std::string cursor)
    : target_{std::move(target)},
      staging_{std::move(staging)},
      key_{std::move(key)},
      cursor_{std::move(cursor)} {}

bool postgres_sql::is_key(std::string_view column) const {
  return std::find(key_.begin(), key_.end(), column) != key_.end();
}

std::string postgres_sql::create_staging(const table_layout& layout,
                                         bool logged,
                                         std::string_view comment) const {
  std::string out = logged ? "CREATE TABLE " : "CREATE UNLOGGED TABLE ";
  out += quote(staging_) + " (";
  bool first = true;
  for (const auto& column : layout.columns())
    for (const auto& part : column.parts) {
      out += (first ? "" : ", ") + definition(part);
      first = false;
    }
  return out + ") WITH (autovacuum_enabled = false); COMMENT ON TABLE "
         + quote(staging_) + " IS " + quote_literal(comment);
}

std::string
postgres_sql::add_to_staging(const table_layout& layout,
                             const std::vector<std::string>& known) const {
  std::string out;
  for (const auto& column : layout.columns())
    for (const auto& part : column.parts)
      if (std::find(known.begin(), known.end(), part.name) == known.end())
        out += (out.empty() ? "ALTER TABLE " + quote(staging_) : ",")
               + " ADD COLUMN " + definition(part);
  return out;
}

std::string postgres_sql::copy(const table_layout& layout) const {
  std::vector<std::string> names;
  for (const auto& column : layout.columns())
    for (const auto& part : column.parts)
      names.push_back(part.name);
  return "COPY " + quote(staging_) + " (" + quote_all(names) + ") FROM STDIN";
}

std::string postgres_sql::create_target(const table_layout& layout) const {
  std::string out = "CREATE TABLE " + quote(target_) + " (";
  for (const auto& column : layout.columns()) {
    out += (&column == &layout.columns().front() ? "" : ", ")
           + quote_identifier(column.name) + ' ' + column.shape().sql;
    if (is_key(column.name))
      out +=
          " NOT NULL DEFAULT " + std::string{default_of(column.shape().type)};
  }
  return out + ')';
}

std::string postgres_sql::add_to_target(const table_layout& layout) const {
  std::string out;
  for (const auto& column : layout.columns())
    if (!column.in_target)
      out += (out.empty() ? "ALTER TABLE " + quote(target_) : ",")
             + " ADD COLUMN IF NOT EXISTS " + quote_identifier(column.name)
             + ' ' + column.shape().sql;
  return out;
}

std::string postgres_sql::add_key(const table_name& to,
                                  std::string_view constraint) const {
  return "ALTER TABLE " + quote(to) + " ADD CONSTRAINT "
         + quote_identifier(constraint) + " PRIMARY KEY (" + quote_all(key_)
         + ')';
}

std::vector<std::string>
postgres_sql::adopt(const table_layout& layout,
                    std::string_view constraint) const {
  std::vector<std::string> out;
  const auto staging = "ALTER TABLE " + quote(staging_);
  if (!key_.empty()) {
    std::string defaults;
    for (const auto& column : layout.columns())
      if (is_key(column.name))
        defaults += (defaults.empty() ? "" : ",")
                    + std::string{" ALTER COLUMN "}
                    + quote_identifier(column.name) + " SET DEFAULT "
                    + std::string{default_of(column.shape().type)};
    out.push_back(add_key(staging_, constraint));
    out.push_back(staging + defaults);
  }
  out.push_back(staging + " RESET (autovacuum_enabled)");
  out.push_back("COMMENT ON TABLE " + quote(staging_) + " IS NULL");
  out.push_back(staging + " RENAME TO " + quote_identifier(target_.table));
  return out;
}

std::string postgres_sql::drop_duplicates(const table_layout& layout) const {
  std::string key;
  std::string order;
  for (const auto& column : layout.columns()) {
    if (is_key(column.name))
      key += (key.empty() ? "" : ", ") + value_of(column);
    if (column.name == cursor_)
      order = value_of(column) + " DESC NULLS LAST, ";
  }
  return "DELETE FROM " + quote(staging_)
         + " WHERE ctid IN (SELECT ctid FROM (SELECT ctid, row_number() OVER "
           "(PARTITION BY "
         + key + " ORDER BY " + order + "ctid DESC) AS n FROM "
         + quote(staging_) + ") AS rows WHERE n > 1)";
}

std::string postgres_sql::columns(const table_layout& layout) const {
  std::vector<std::string> names;
  for (const auto& column : layout.columns())
    names.push_back(column.name);
  return quote_all(names);
}

std::string postgres_sql::values(const table_layout& layout) const {
  std::string out;
  for (const auto& column : layout.columns())
    out += (out.empty() ? "" : ", ") + value_of(column);
  return out;
}

std::string postgres_sql::insert(const table_layout& layout) const {
  return "INSERT INTO " + quote(target_) + " (" + columns(layout) + ") SELECT "
         + values(layout) + " FROM " + quote(staging_);
}

std::string postgres_sql::upsert(const table_layout& layout) const {
  std::string set;
  for (const auto& column : layout.columns())
    if (const auto name = quote_identifier(column.name); !is_key(column.name))
      set += (set.empty() ? "" : ", ") + name + " = excluded." + name;
  return insert(layout) + " ON CONFLICT (" + quote_all(key_) + ") DO "
         + (set.empty() ? "NOTHING" : "UPDATE SET " + set);
}

std::vector<std::string>
postgres_sql::update_then_insert(const table_layout& layout) const {
  std::string set;
  std::string match;
  for (const auto& column : layout.columns()) {
    const auto name = quote_identifier(column.name);
    if (is_key(column.name))
      match += (match.empty() ? "" : " AND ") + std::string{"t."} + name
               + " = s." + name;
    else
      set += (set.empty() ? "" : ", ") + name + " = s." + name;
  }
  std::string source = "(SELECT ";
  for (const auto& column : layout.columns())
    source += (&column == &layout.columns().front() ? "" : ", ")
              + value_of(column) + " AS " + quote_identifier(column.name);
  source += " FROM " + quote(staging_) + ") AS s";
  std::vector<std::string> out = {"LOCK TABLE " + quote(target_)
                                  + " IN SHARE ROW EXCLUSIVE MODE"};
  if (!set.empty())
    out.push_back("UPDATE " + quote(target_) + " AS t SET " + set + " FROM "
                  + source + " WHERE " + match);
  out.push_back("INSERT INTO " + quote(target_) + " (" + columns(layout)
                + ") SELECT " + columns(layout) + " FROM " + source
                + " WHERE NOT EXISTS (SELECT FROM " + quote(target_)
                + " AS t WHERE " + match + ')');
  return out;
}

} // namespace motorcade
