#include "runtime/destination/clickhouse/clickhouse_sql.hpp"

#include "runtime/destination/clickhouse/clickhouse_types.hpp"
#include "schema/base/words.hpp"

#include <algorithm>

namespace motorcade {

namespace {

std::string in_quotes(std::string_view text, char mark) {
  std::string out{mark};
  for (const char c : text) {
    if (c == mark || c == '\\')
      out += '\\';
    out += c;
  }
  return out + mark;
}

std::string quote_all(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  out.reserve(names.size());
  for (const auto& name : names)
    out.push_back(quote_clickhouse(name));
  return join(out);
}

/// @returns the SQL of a part's value as the column's last type.
std::string cast(const column_part& part, const column_shape& to) {
  auto name = quote_clickhouse(part.name);
  const auto from = part.shape.type;
  if (from == to.type)
    return name;
  if (to.type != column_type::string)
    return "CAST(" + name + " AS Nullable(" + std::string{bare_type(to.sql)}
           + "))";
  if (from == column_type::boolean)
    return "multiIf(" + name + " = 1, 'true', " + name + " = 0, 'false', NULL)";
  if (from == column_type::timestamp)
    // The time has the form that rows have, in UTC.
    return "concat(replaceRegexpOne(replaceOne(toString(" + name
           + ", 'UTC'), ' ', 'T'), '\\\\.?0+$', ''), 'Z')";
  return "toString(" + name + ')';
}

/// @returns the SQL of a column's value in the request's own table.
std::string value_of(const table_column& column) {
  std::string value;
  if (column.parts.size() == 1) {
    value = quote_clickhouse(column.parts.front().name);
  } else {
    std::vector<std::string> parts;
    for (auto part = column.parts.rbegin(); part != column.parts.rend(); ++part)
      parts.push_back(cast(*part, column.shape()));
    value = "coalesce(" + join(parts) + ')';
  }
  const auto& shape = column.shape();
  const auto staged = staged_type(shape);
  if (staged == "Nullable(String)" && bare_type(shape.sql) != "String")
    // ClickHouse reads the text itself, by the column's type.
    return "if(isNull(" + value + "), defaultValueOfTypeName("
           + clickhouse_literal(shape.sql) + "), CAST(assumeNotNull(" + value
           + ") AS " + shape.sql + "))";
  return value;
}

std::string on_cluster_of(const clickhouse_config& config) {
  return config.cluster.empty()
             ? std::string{}
             : " ON CLUSTER " + quote_clickhouse(config.cluster);
}

} // namespace

std::string quote_clickhouse(std::string_view name) {
  return in_quotes(name, '`');
}

std::string clickhouse_literal(std::string_view text) {
  return in_quotes(text, '\'');
}

std::string create_clickhouse_database(const clickhouse_config& config,
                                       std::string_view database) {
  return "CREATE DATABASE IF NOT EXISTS " + quote_clickhouse(database)
         + on_cluster_of(config);
}

clickhouse_sql::clickhouse_sql(const clickhouse_config& config,
                               std::string database, std::string target,
                               std::string staging,
                               std::vector<std::string> key, std::string cursor)
    : config_{config},
      database_{std::move(database)},
      target_{std::move(target)},
      staging_{std::move(staging)},
      key_{std::move(key)},
      cursor_{std::move(cursor)} {}

std::string clickhouse_sql::full(std::string_view table) const {
  return quote_clickhouse(database_) + '.' + quote_clickhouse(table);
}

std::string clickhouse_sql::on_cluster() const {
  return on_cluster_of(config_);
}

bool clickhouse_sql::is_key(std::string_view column) const {
  return std::find(key_.begin(), key_.end(), column) != key_.end();
}

std::string clickhouse_sql::type_of(const table_column& column) const {
  const auto& names = config_.nullable_fields;
  const auto nullable =
      !is_key(column.name)
      && std::find(names.begin(), names.end(), column.name) != names.end();
  return nullable ? "Nullable(" + column.shape().sql + ')' : column.shape().sql;
}

std::string clickhouse_sql::engine() const {
  const std::string replicated = config_.cluster.empty() ? "" : "Replicated";
  auto out = " ENGINE = " + replicated
             + (key_.empty() ? "MergeTree" : "ReplacingMergeTree");
  if (!config_.partition_by.empty())
    out += " PARTITION BY (" + config_.partition_by + ')';
  if (!config_.primary_key.empty())
    out += " PRIMARY KEY (" + config_.primary_key + ')';
  const auto order =
      config_.order_by.empty() ? quote_all(key_) : config_.order_by;
  out += order.empty() ? " ORDER BY tuple()" : " ORDER BY (" + order + ')';
  // In this window of blocks a request that is sent again is recognised, see
  // `insert`.
  if (config_.cluster.empty())
    out += " SETTINGS non_replicated_deduplication_window = 1000";
  return out;
}

std::string clickhouse_sql::create_staging(const table_layout& layout,
                                           std::string_view comment) const {
  std::vector<std::string> columns;
  for (const auto& column : layout.columns())
    for (const auto& part : column.parts)
      columns.push_back(quote_clickhouse(part.name) + ' '
                        + staged_type(part.shape));
  return "CREATE TABLE " + full(staging_) + " (" + join(columns)
         + ") ENGINE = MergeTree ORDER BY tuple() COMMENT "
         + clickhouse_literal(comment);
}

std::string
clickhouse_sql::add_to_staging(const table_layout& layout,
                               const std::vector<std::string>& known) const {
  std::vector<std::string> changes;
  for (const auto& column : layout.columns())
    for (const auto& part : column.parts)
      if (std::find(known.begin(), known.end(), part.name) == known.end())
        changes.push_back("ADD COLUMN " + quote_clickhouse(part.name) + ' '
                          + staged_type(part.shape));
  return changes.empty()
             ? std::string{}
             : "ALTER TABLE " + full(staging_) + ' ' + join(changes);
}

std::string clickhouse_sql::stage(const table_layout& layout) const {
  std::vector<std::string> names;
  for (const auto& column : layout.columns())
    for (const auto& part : column.parts)
      names.push_back(part.name);
  return "INSERT INTO " + full(staging_) + " (" + quote_all(names)
         + ") FORMAT TabSeparated";
}

std::string clickhouse_sql::create(const std::string& table,
                                   const table_layout& layout) const {
  std::vector<std::string> columns;
  for (const auto& column : layout.columns())
    columns.push_back(quote_clickhouse(column.name) + ' ' + type_of(column));
  return "CREATE TABLE " + full(table) + on_cluster() + " (" + join(columns)
         + ')' + engine();
}

std::string clickhouse_sql::create_like_target(const std::string& table) const {
  return "CREATE TABLE " + full(table) + on_cluster() + " AS " + full(target_);
}

std::string clickhouse_sql::add_columns(const std::string& table,
                                        const table_layout& layout) const {
  std::vector<std::string> changes;
  for (const auto& column : layout.columns())
    if (!column.in_target)
      changes.push_back("ADD COLUMN IF NOT EXISTS "
                        + quote_clickhouse(column.name) + ' '
                        + type_of(column));
  return changes.empty() ? std::string{}
                         : "ALTER TABLE " + full(table) + on_cluster() + ' '
                               + join(changes);
}

std::string clickhouse_sql::insert(const std::string& table,
                                   const table_layout& layout) const {
  std::vector<std::string> names;
  std::vector<std::string> values;
  std::string cursor;
  for (const auto& column : layout.columns()) {
    names.push_back(column.name);
    values.push_back(value_of(column) + " AS "
                     + quote_clickhouse("v#" + column.name));
    if (column.name == cursor_)
      cursor = quote_clickhouse("v#" + column.name) + " DESC NULLS LAST, ";
  }
  auto out = "INSERT INTO " + full(table) + " (" + quote_all(names)
             + ") SELECT " + join(values) + " FROM " + full(staging_);
  if (key_.empty())
    return out;
  // The rows of the request's own table lie in the order in which they came,
  // within its parts and from part to part.
  std::vector<std::string> key;
  for (const auto& name : key_)
    key.push_back(quote_clickhouse("v#" + name));
  return out + " ORDER BY " + cursor
         + "toUInt64OrZero(splitByChar('_', _part)[2]) DESC, _part_offset DESC "
           "LIMIT 1 BY "
         + join(key);
}

std::string clickhouse_sql::exchange(const std::string& successor) const {
  return "EXCHANGE TABLES " + full(successor) + " AND " + full(target_)
         + on_cluster();
}

std::string clickhouse_sql::rename_both(const std::string& successor,
                                        const std::string& old) const {
  return "RENAME TABLE " + full(target_) + " TO " + full(old) + ", "
         + full(successor) + " TO " + full(target_) + on_cluster();
}

std::string
clickhouse_sql::rename_to_target(const std::string& successor) const {
  return "RENAME TABLE " + full(successor) + " TO " + full(target_)
         + on_cluster();
}

std::string clickhouse_sql::drop(const std::string& table) const {
  return "DROP TABLE IF EXISTS " + full(table) + on_cluster();
}

std::string clickhouse_sql::truncate_target() const {
  return "TRUNCATE TABLE " + full(target_) + on_cluster();
}

} // namespace motorcade
