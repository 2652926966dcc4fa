#include "runtime/destination/mysql/mysql_target.hpp"

#include "runtime/destination/mysql/mysql_types.hpp"
#include "runtime/destination/warehouse/own_tables.hpp"
#include "runtime/destination/warehouse/staged_rows.hpp"
#include "runtime/destination/warehouse/staging_names.hpp"
#include "schema/task/tables.hpp"

#include <algorithm>

namespace motorcade {

namespace {

using rows = std::vector<mysql_link::row>;

std::string text(const std::optional<std::string>& value) {
  return value.value_or("");
}

std::string fold(std::string_view name) {
  return mysql_dialect().fold(name);
}

std::vector<std::string> folded(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  out.reserve(names.size());
  for (const auto& name : names)
    out.push_back(fold(name));
  std::sort(out.begin(), out.end());
  return out;
}

/// @returns the condition that selects a table in information_schema, which
/// compares names without regard to case.
std::string where(const table_name& name) {
  return " WHERE TABLE_SCHEMA = " + quote_literal(name.schema)
         + " AND TABLE_NAME = " + quote_literal(name.table);
}

/// @returns whether the row's first column is the table's name, as the server
/// tells names apart.
bool is_it(const mysql_link& link, const table_name& name,
           const mysql_link::row& row) {
  return link.server().folds_table_names
             ? fold(text(row[0])) == fold(name.table)
             : text(row[0]) == name.table;
}

result<void> check_kind(const table_name& name, const mysql_link::row& found) {
  if (text(found[1]) != "BASE TABLE")
    return failure{ec::destination_rejected,
                   quote(name)
                       + " is no table, but something else of that name (a "
                         "view, perhaps)"};
  if (text(found[3]) != "YES")
    return failure{ec::destination_rejected,
                   "the table " + quote(name) + " is kept by "
                       + (found[2] ? text(found[2]) : "an engine")
                       + ", which has no transactions; ALTER TABLE … "
                         "ENGINE=InnoDB gives it to one that has them"};
  return {};
}

/// @returns the columns of JSON, which is a text with a check in MariaDB.
result<std::vector<std::string>> find_json(mysql_link& link,
                                           const table_name& name) {
  std::vector<std::string> out;
  if (!link.server().is_mariadb)
    return out;
  auto checks =
      link.run("SELECT TABLE_NAME, CHECK_CLAUSE FROM "
               "information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = "
               + quote_literal(name.schema)
               + " AND TABLE_NAME = " + quote_literal(name.table));
  if (!checks)
    return checks.error();
  for (const auto& row : *checks)
    if (is_it(link, name, row))
      out.push_back(text(row[1]));
  return out;
}

bool is_checked_json(const std::vector<std::string>& clauses,
                     const std::string& column) {
  const auto has = [&](char quotes) {
    return std::find(clauses.begin(), clauses.end(),
                     std::string{"json_valid("} + quotes + column + quotes
                         + ')')
           != clauses.end();
  };
  return has('`') || has('"');
}

/// @returns whether any two texts differ by a collation. Those of MariaDB, and
/// utf8mb4_bin of MySQL, pass over blanks at the end unless their names say
/// otherwise.
bool tells_all_apart(std::string_view collation) {
  return collation.ends_with("_nopad_bin") || collation.ends_with("_0900_bin");
}

result<void> read_columns(mysql_link& link, const table_name& name,
                          mysql_target& out) {
  auto json = find_json(link, name);
  if (!json)
    return json.error();
  auto columns = link.run(
      "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, "
      "COLLATION_NAME, EXTRA, GENERATION_EXPRESSION FROM "
      "information_schema.COLUMNS"
      + where(name) + " ORDER BY ORDINAL_POSITION");
  if (!columns)
    return columns.error();
  for (const auto& row : *columns) {
    if (!is_it(link, name, row))
      continue;
    const auto column = text(row[1]);
    auto shape = is_checked_json(*json, column)
                     ? mysql_json_shape(text(row[2]))
                     : shape_of_mysql_type(text(row[2]), text(row[3]));
    const auto extra = text(row[5]);
    shape.read_only = shape.read_only || !text(row[6]).empty()
                      || extra.find("ROW START") != std::string::npos
                      || extra.find("ROW END") != std::string::npos;
    if (extra.find("auto_increment") != std::string::npos)
      out.counting = column;
    if (row[4] && !tells_all_apart(*row[4]))
      out.loose.push_back(column);
    out.columns.push_back({column, std::move(shape)});
  }
  return {};
}

result<void> read_indexes(mysql_link& link, const table_name& name,
                          mysql_target& out) {
  auto parts = link.run("SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART "
                        "FROM information_schema.STATISTICS"
                        + where(name)
                        + " AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, "
                          "SEQ_IN_INDEX");
  if (!parts)
    return parts.error();
  for (const auto& row : *parts) {
    if (!is_it(link, name, row))
      continue;
    const auto index = text(row[1]);
    if (out.unique.empty() || out.unique.back().name != index)
      out.unique.push_back({index, {}});
    // A part of a column, or an expression, is no column of the key.
    out.unique.back().columns.push_back(row[3] ? std::string{} : text(row[2]));
    if (index.starts_with(own_key_prefix))
      out.key_name = index;
  }
  return {};
}

} // namespace

table_name mysql_table_of(const upload_request& request,
                          const std::string& database) {
  const auto& space = request.target_namespace;
  return {space.empty() ? database : mysql_name(space, request.to_same_case),
          mysql_name(request.table, request.to_same_case)};
}

const column_shape* mysql_target::find(std::string_view column) const {
  const auto wanted = fold(column);
  for (const auto& one : columns)
    if (fold(one.name) == wanted)
      return &one.shape;
  return nullptr;
}

bool mysql_target::is_unique(const std::vector<std::string>& wanted) const {
  return std::any_of(unique.begin(), unique.end(), [&](const auto& index) {
    return folded(index.columns) == folded(wanted);
  });
}

bool mysql_target::meets_by_key_alone(const std::vector<std::string>& key,
                                      const table_layout& layout) const {
  const auto harmless = [&](const unique_index& index) {
    // The server gives the column its values itself.
    return folded(index.columns) == folded(key)
           || (index.columns == std::vector{counting}
               && !layout.find(counting));
  };
  return is_unique(key) && std::all_of(unique.begin(), unique.end(), harmless);
}

result<mysql_target> look_at(mysql_link& link, const table_name& name) {
  mysql_target out;
  auto tables =
      link.run("SELECT TABLE_NAME, TABLE_TYPE, t.ENGINE, e.TRANSACTIONS, "
               "t.TABLE_COLLATION FROM information_schema.TABLES t LEFT JOIN "
               "information_schema.ENGINES e ON e.ENGINE = t.ENGINE"
               + where(name));
  if (!tables)
    return tables.error();
  for (const auto& row : *tables) {
    if (!is_it(link, name, row))
      continue;
    if (auto ok = check_kind(name, row); !ok)
      return ok.error();
    out.exists = true;
    out.narrow_texts = !text(row[4]).starts_with("utf8mb4");
  }
  if (!out.exists)
    return out;
  if (auto ok = read_columns(link, name, out); !ok)
    return ok.error();
  if (auto ok = read_indexes(link, name, out); !ok)
    return ok.error();
  return out;
}

result<void> ensure_database(mysql_link& link, const std::string& name) {
  // CREATE DATABASE IF NOT EXISTS needs the right to create even if the
  // database exists.
  auto found = link.run("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA "
                        "WHERE SCHEMA_NAME = "
                        + quote_literal(name));
  if (!found)
    return found.error();
  if (std::any_of(found->begin(), found->end(), [&](const auto& row) {
        return link.server().folds_table_names || text(row[0]) == name;
      }))
    return {};
  auto made = link.run("CREATE DATABASE IF NOT EXISTS " + quote_identifier(name)
                       + " CHARACTER SET utf8mb4");
  return made ? result<void>{} : made.error();
}

result<void> sweep(mysql_link& link, const table_name& target,
                   const std::string& sync, const std::string& task) {
  const staging_names names{target.table, mysql_dialect().max_name_bytes};
  // Comments are read for few tables: the server opens each table for that.
  auto found = link.run(
      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
      + quote_literal(target.schema) + " AND LEFT(TABLE_NAME, CHAR_LENGTH("
      + quote_literal(names.head()) + ")) = " + quote_literal(names.head()));
  if (!found)
    return found.error();
  for (const auto& row : *found) {
    const table_name left{target.schema, text(row[0])};
    if (names.made_at(left.table) < 0)
      continue;
    auto comment = link.run(
        "SELECT TABLE_COMMENT FROM information_schema.TABLES" + where(left));
    if (!comment)
      return comment.error();
    const auto of =
        comment->empty() ? std::string{} : text(comment->front()[0]);
    const auto maker = staging_names::maker_of(of, sync);
    const auto old = names.is_old(left.table) && !staging_names::is_foreign(of);
    if (old || (maker && *maker != task))
      if (auto ok = link.run("DROP TABLE IF EXISTS " + quote(left)); !ok)
        return ok.error();
  }
  return {};
}

result<void> check_staged(mysql_link& link, const table_name& staging,
                          const table_builder& sent) {
  auto found = link.run("SELECT count(*) FROM " + quote(staging));
  return found
             ? check_staged_rows(sent, text(found->front()[0]), quote(staging))
             : found.error();
}

} // namespace motorcade
