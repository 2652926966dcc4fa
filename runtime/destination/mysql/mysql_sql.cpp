#include "runtime/destination/mysql/mysql_sql.hpp"

#include "runtime/destination/mysql/mysql_target.hpp"
#include "runtime/destination/mysql/mysql_types.hpp"
#include "schema/base/utf8.hpp"
#include "schema/task/tables.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// The column of the staging table that numbers its rows; no name of a column
/// of rows has a number sign.
constexpr std::string_view row_number = "\"#\"";

/// Options of new tables: InnoDB's transactions, all of Unicode, indexes of
/// 3,072 bytes.
constexpr std::string_view table_options =
    " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4";

bool same_name(std::string_view a, std::string_view b) {
  const auto dialect = mysql_dialect();
  return dialect.fold(a) == dialect.fold(b);
}

bool is_text(column_type type) {
  return type == column_type::string || type == column_type::json;
}

/// @returns the SQL of a part's value as the column's last type.
std::string cast(const column_part& part, const column_shape& to) {
  auto name = quote_identifier(part.name);
  const auto from = part.shape.type;
  if (from == to.type || !is_text(to.type) || is_text(from))
    return name;
  if (from == column_type::boolean)
    return "CASE " + name + " WHEN 1 THEN 'true' WHEN 0 THEN 'false' END";
  if (from == column_type::timestamp)
    // The time has the form that rows have, in UTC.
    return "CONCAT(TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM DATE_FORMAT("
           + name + ", '%Y-%m-%dT%H:%i:%s.%f'))), 'Z')";
  return "CAST(" + name + " AS CHAR)";
}

/// @returns a column's value in the request's own table: that of the widest
/// part which has one.
std::string value_of(const table_column& column) {
  const auto& parts = column.parts;
  if (parts.size() == 1)
    return quote_identifier(parts.front().name);
  std::string out = "COALESCE(";
  for (auto part = parts.rbegin(); part != parts.rend(); ++part)
    out += (part == parts.rbegin() ? "" : ", ") + cast(*part, column.shape());
  return out + ')';
}

std::string_view default_of(column_type type) {
  switch (type) {
  case column_type::boolean:
  case column_type::integer:
  case column_type::floating:
    return "0";
  case column_type::timestamp:
    return "CURRENT_TIMESTAMP(6)";
  case column_type::json:
  case column_type::string:
    break;
  }
  return "''";
}

std::string columns_of(const table_layout& layout) {
  std::vector<std::string> names;
  for (const auto& column : layout.columns())
    names.push_back(column.name);
  return quote_all(names);
}

std::string values_of(const table_layout& layout) {
  std::string out;
  for (const auto& column : layout.columns())
    out += (out.empty() ? "" : ", ") + value_of(column);
  return out;
}

} // namespace

mysql_sql::mysql_sql(table_name target, table_name staging,
                     std::vector<std::string> key, std::string_view cursor,
                     std::string collation)
    : target_{std::move(target)},
      staging_{std::move(staging)},
      key_{std::move(key)},
      cursor_{cursor},
      collation_{std::move(collation)} {}

bool mysql_sql::is_key(std::string_view column) const {
  return std::any_of(key_.begin(), key_.end(),
                     [&](const auto& name) { return same_name(name, column); });
}

std::string mysql_sql::staged(const table_column& column,
                              const column_part& part) const {
  return quote_identifier(part.name) + ' '
         + mysql_staged_type(part.shape, is_key(column.name)) + " NULL";
}

std::string mysql_sql::create_staging(const table_layout& layout,
                                      std::string_view comment) const {
  // MySQL takes comments of 2,048 characters.
  constexpr size_t most_comment_bytes = 2'048;
  auto out = "CREATE TABLE " + quote(staging_) + " (" + std::string{row_number}
             + " bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY";
  for (const auto& column : layout.columns())
    for (const auto& part : column.parts)
      out += ", " + staged(column, part);
  return out + ')' + std::string{table_options} + " COLLATE " + collation_
         + " COMMENT " + quote_literal(cut_bytes(comment, most_comment_bytes));
}

std::string
mysql_sql::add_to_staging(const table_layout& layout,
                          const std::vector<std::string>& known) const {
  std::string out;
  for (const auto& column : layout.columns())
    for (const auto& part : column.parts)
      if (std::find(known.begin(), known.end(), part.name) == known.end())
        out += (out.empty() ? "ALTER TABLE " + quote(staging_) : ",")
               + " ADD COLUMN " + staged(column, part);
  return out;
}

std::string mysql_sql::load(const table_layout& layout) const {
  std::vector<std::string> names;
  for (const auto& column : layout.columns())
    for (const auto& part : column.parts)
      names.push_back(part.name);
  // The file's name has no meaning: rows in memory are sent.
  return "LOAD DATA LOCAL INFILE 'rows' INTO TABLE " + quote(staging_)
         + R"( CHARACTER SET utf8mb4 FIELDS TERMINATED BY X'09' ESCAPED BY '\')"
           " LINES TERMINATED BY X'0A' ("
         + quote_all(names) + ')';
}

std::string mysql_sql::definition(const table_column& column) const {
  const auto& shape = column.shape();
  auto out = quote_identifier(column.name) + ' ' + shape.sql;
  if (!is_key(column.name))
    return out + " NULL";
  if (is_text(shape.type))
    out += " CHARACTER SET utf8mb4 COLLATE " + collation_;
  out += " NOT NULL";
  if (can_be_in_mysql_key(shape))
    out += " DEFAULT " + std::string{default_of(shape.type)};
  return out;
}

std::string mysql_sql::create_target(const table_layout& layout,
                                     std::string_view key_name) const {
  std::string out;
  auto indexable = !key_.empty();
  for (const auto& column : layout.columns()) {
    out += (out.empty() ? "CREATE TABLE " + quote(target_) + " (" : ", ")
           + definition(column);
    if (is_key(column.name))
      indexable = indexable && can_be_in_mysql_key(column.shape());
  }
  if (indexable)
    out += ", UNIQUE KEY " + quote_identifier(key_name) + " (" + quote_all(key_)
           + ')';
  return out + ')' + std::string{table_options};
}

std::string mysql_sql::add_to_target(const table_layout& layout,
                                     const mysql_target& target) const {
  std::string out;
  for (const auto& column : layout.columns()) {
    if (column.in_target || target.find(column.name) != nullptr)
      continue;
    const auto& shape = column.shape();
    out += (out.empty() ? "ALTER TABLE " + quote(target_) : ",")
           + " ADD COLUMN " + quote_identifier(column.name) + ' ' + shape.sql;
    if (is_text(shape.type) && is_key(column.name))
      out += " CHARACTER SET utf8mb4 COLLATE " + collation_;
    else if (target.narrow_texts && has_mysql_charset(shape))
      out += " CHARACTER SET utf8mb4";
    out += " NULL";
  }
  return out;
}

std::string mysql_sql::add_key(std::string_view name) const {
  return "ALTER TABLE " + quote(target_) + " ADD UNIQUE KEY "
         + quote_identifier(name) + " (" + quote_all(key_) + ')';
}

std::string mysql_sql::drop_key(std::string_view name) const {
  return "ALTER TABLE " + quote(target_) + " DROP INDEX "
         + quote_identifier(name);
}

std::string mysql_sql::order(const table_layout& layout,
                             bool last_first) const {
  // NULL is the smallest value of MySQL: it never wins.
  const std::string way = last_first ? " DESC" : "";
  std::string out;
  if (!key_.empty() && !cursor_.empty())
    for (const auto& column : layout.columns())
      if (same_name(column.name, cursor_))
        out = value_of(column) + way + ", ";
  return out + std::string{row_number} + way;
}

std::string mysql_sql::drop_duplicates(const table_layout& layout) const {
  std::string key;
  for (const auto& column : layout.columns())
    if (is_key(column.name))
      key += (key.empty() ? "" : ", ") + value_of(column);
  const auto number = std::string{row_number};
  return "DELETE s FROM " + quote(staging_) + " AS s JOIN (SELECT " + number
         + " AS number, ROW_NUMBER() OVER (PARTITION BY " + key + " ORDER BY "
         + order(layout, true) + ") AS place FROM " + quote(staging_)
         + ") AS ranked ON ranked.number = s." + number
         + " WHERE ranked.place > 1";
}

std::string mysql_sql::insert(const table_layout& layout) const {
  return "INSERT INTO " + quote(target_) + " (" + columns_of(layout)
         + ") SELECT " + values_of(layout) + " FROM " + quote(staging_)
         + " ORDER BY " + order(layout, false);
}

std::string mysql_sql::upsert(const table_layout& layout) const {
  std::string set;
  for (const auto& column : layout.columns()) {
    const auto name = quote_identifier(column.name);
    if (!is_key(column.name))
      set += (set.empty() ? "" : ", ") + name + " = VALUES(" + name + ')';
  }
  if (set.empty()) {
    const auto name = quote_identifier(key_.front());
    set = name + " = VALUES(" + name + ')';
  }
  return insert(layout) + " ON DUPLICATE KEY UPDATE " + set;
}

std::vector<std::string>
mysql_sql::update_then_insert(const table_layout& layout) const {
  std::string set;
  std::string match;
  std::string source;
  for (const auto& column : layout.columns()) {
    const auto name = quote_identifier(column.name);
    source +=
        (source.empty() ? "(SELECT " : ", ") + value_of(column) + " AS " + name;
    if (is_key(column.name))
      match += (match.empty() ? "" : " AND ") + std::string{"t."} + name
               + " = s." + name
               + (is_text(column.shape().type) ? " COLLATE " + collation_ : "");
    else
      set +=
          (set.empty() ? "" : ", ") + std::string{"t."} + name + " = s." + name;
  }
  source += " FROM " + quote(staging_) + ") AS s";
  std::vector<std::string> out;
  if (!set.empty())
    out.push_back("UPDATE " + quote(target_) + " AS t JOIN " + source + " ON "
                  + match + " SET " + set);
  out.push_back("INSERT INTO " + quote(target_) + " (" + columns_of(layout)
                + ") SELECT " + columns_of(layout) + " FROM " + source
                + " WHERE NOT EXISTS (SELECT 1 FROM " + quote(target_)
                + " AS t WHERE " + match + ')');
  return out;
}

} // namespace motorcade
