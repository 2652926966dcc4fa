#include "runtime/destination/sqlite/sqlite_sql.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/words.hpp"
#include "schema/task/tables.hpp"

#include <algorithm>

namespace motorcade {

namespace {

constexpr std::string_view yes = "x'01'";
constexpr std::string_view no = "x'00'";

bool has_booleans(const table_column& column) {
  return std::any_of(column.parts.begin(), column.parts.end(),
                     [](const column_part& part) {
                       return part.shape.type == column_type::boolean;
                     });
}

/// @returns the SQL of a number as text with as few digits as are exact;
/// SQLite's own conversion ends after 15.
std::string exact_text(const std::string& value) {
  const auto brief = "printf('%!.15g', " + value + ")";
  return "CASE WHEN CAST(" + brief + " AS REAL) = " + value + " THEN " + brief
         + " ELSE printf('%!.17g', " + value + ") END";
}

/// @returns the SQL of a column's value in the temporary table as the target
/// takes it.
std::string value_of(const table_column& column) {
  auto name = quote_identifier(column.name);
  switch (column.shape().type) {
  case column_type::boolean:
    return name + " = " + std::string{yes};
  case column_type::integer:
  case column_type::floating:
    if (has_booleans(column))
      return "CASE " + name + " WHEN " + std::string{yes} + " THEN 1 WHEN "
             + std::string{no} + " THEN 0 ELSE " + name + " END";
    return name;
  case column_type::string:
  case column_type::timestamp:
  case column_type::json:
    break;
  }
  if (column.parts.size() == 1)
    return name;
  return "CASE typeof(" + name + ") WHEN 'blob' THEN CASE " + name + " WHEN "
         + std::string{yes} + " THEN 'true' ELSE 'false' END WHEN 'real' THEN "
         + exact_text(name) + " ELSE " + name + " END";
}

std::string_view default_of(column_type type) {
  return type == column_type::string ? "''" : "0";
}

/// @returns whether a column of that type, in lower case, leaves texts as they
/// are. One of any other type that we take for a text has the affinity NUMERIC.
bool keeps_texts(std::string_view type) {
  if (type.empty())
    return true;
  for (const std::string_view word : {"char", "clob", "text", "blob"})
    if (type.find(word) != std::string_view::npos)
      return true;
  return false;
}

/// Takes digits from the beginning of a text.
/// @returns whether there were any.
bool take_digits(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(end);
  return end > 0;
}

/// Takes a sign from the beginning of a text, if there is one.
void take_sign(std::string_view& text) {
  if (text.starts_with('-') || text.starts_with('+'))
    text.remove_prefix(1);
}

/// @returns whether a column of the affinity NUMERIC makes a number of a text:
/// digits with or without sign, point and exponent, between blanks.
bool is_number(std::string_view text) {
  constexpr std::string_view blanks = " \t\n\v\f\r";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return false;
  text = text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
  take_sign(text);
  auto digits = take_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits = take_digits(text) || digits;
  }
  if (digits && (text.starts_with('e') || text.starts_with('E'))) {
    text.remove_prefix(1);
    take_sign(text);
    digits = take_digits(text);
  }
  return digits && text.empty();
}

/// @returns a name for the row's number that no column has taken.
std::string_view row_number(const table_layout& layout) {
  for (const std::string_view name : {"rowid", "_rowid_", "oid"})
    if (!layout.find(name))
      return name;
  // SQLite does not promise the order of rows, but keeps it.
  return "NULL";
}

} // namespace

table_dialect sqlite_dialect() {
  table_dialect out;
  out.max_name_bytes = 63;
  // SQLite has 2,000 columns at most, unless it was built for fewer.
  out.max_columns = 1'900;
  out.fold_name = ascii_lower;
  out.kept_as[static_cast<size_t>(column_type::timestamp)] =
      column_type::string;
  out.kept_as[static_cast<size_t>(column_type::json)] = column_type::string;
  out.sql_types = {"INTEGER", "INTEGER", "REAL", "TEXT", "TEXT", "TEXT"};
  out.shape_of_sql = [](std::string_view sql) -> std::optional<column_shape> {
    // The text becomes part of a statement.
    constexpr size_t longest = 60;
    const auto plain = std::all_of(sql.begin(), sql.end(), [](char c) {
      return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == ' ';
    });
    if (!plain || sql.empty() || sql.size() > longest || sql.front() == ' ')
      return std::nullopt;
    auto shape = shape_of_sqlite_type(sql);
    if (shape.keeps_text != nullptr) {
      shape.sql = "TEXT";
      shape.keeps_text = nullptr;
    }
    return shape;
  };
  return out;
}

column_shape shape_of_sqlite_type(std::string_view declared) {
  const auto type = ascii_lower(declared);
  const auto has = [&](std::string_view word) {
    return type.find(word) != std::string::npos;
  };
  column_shape out;
  out.sql = declared;
  if (has("int"))
    out.type = column_type::integer;
  else if (has("char") || has("clob") || has("text") || has("blob")
           || has("json") || has("date") || has("time") || type.empty())
    out.type = column_type::string;
  else if (has("bool"))
    out.type = column_type::boolean;
  else if (has("real") || has("floa") || has("doub") || has("num")
           || has("dec"))
    out.type = column_type::floating;
  if (out.type == column_type::string && !keeps_texts(type))
    out.keeps_text = [](std::string_view text) {
      return !is_number(text);
    };
  return out;
}

sqlite_sql::sqlite_sql(const std::string& target, const std::string& staging,
                       std::vector<std::string> key, std::string cursor)
    : target_{"main." + quote_identifier(target)},
      staging_{"temp." + quote_identifier(staging)},
      key_{std::move(key)},
      cursor_{std::move(cursor)} {}

bool sqlite_sql::is_key(std::string_view column) const {
  return std::any_of(key_.begin(), key_.end(), [&](const auto& name) {
    return equal_ignoring_case(name, column);
  });
}

std::string sqlite_sql::create_staging(const table_layout& layout) const {
  std::vector<std::string> names;
  for (const auto& column : layout.columns())
    names.push_back(quote_identifier(column.name));
  return "CREATE TABLE " + staging_ + " (" + join(names) + ')';
}

std::string sqlite_sql::add_to_staging(const table_column& column) const {
  return "ALTER TABLE " + staging_ + " ADD COLUMN "
         + quote_identifier(column.name);
}

std::string sqlite_sql::stage(const table_layout& layout) const {
  std::string marks;
  for (size_t i = 0; i < layout.columns().size(); ++i)
    marks += i == 0 ? "?" : ",?";
  return "INSERT INTO " + staging_ + " VALUES (" + marks + ')';
}

std::string sqlite_sql::drop_staging() const {
  return "DROP TABLE IF EXISTS " + staging_;
}

std::string sqlite_sql::create_target(const table_layout& layout) const {
  std::vector<std::string> columns;
  for (const auto& column : layout.columns()) {
    auto& text = columns.emplace_back(quote_identifier(column.name) + ' '
                                      + column.shape().sql);
    if (is_key(column.name))
      text +=
          " NOT NULL DEFAULT " + std::string{default_of(column.shape().type)};
  }
  return "CREATE TABLE " + target_ + " (" + join(columns) + ')';
}

std::vector<std::string>
sqlite_sql::add_to_target(const table_layout& layout) const {
  std::vector<std::string> out;
  for (const auto& column : layout.columns())
    if (!column.in_target)
      out.push_back("ALTER TABLE " + target_ + " ADD COLUMN "
                    + quote_identifier(column.name) + ' ' + column.shape().sql);
  return out;
}

std::string sqlite_sql::add_key(std::string_view index) const {
  std::vector<std::string> names;
  for (const auto& name : key_)
    names.push_back(quote_identifier(name));
  // An index lies in the file of its table, which is not qualified itself.
  return "CREATE UNIQUE INDEX main." + quote_identifier(index) + " ON "
         + target_.substr(target_.find('.') + 1) + " (" + join(names) + ')';
}

std::string sqlite_sql::insert(const table_layout& layout) const {
  std::vector<std::string> names;
  std::vector<std::string> values;
  std::string order;
  for (const auto& column : layout.columns()) {
    names.push_back(quote_identifier(column.name));
    values.push_back(value_of(column));
    if (!key_.empty() && equal_ignoring_case(column.name, cursor_))
      // NULL is the smallest value of SQLite: it never wins.
      order = values.back() + " COLLATE " + time_collation + ", ";
  }
  return "INSERT INTO " + target_ + " (" + join(names) + ") SELECT "
         + join(values) + " FROM " + staging_ + " WHERE true ORDER BY " + order
         + std::string{row_number(layout)};
}

std::string sqlite_sql::upsert(const table_layout& layout) const {
  std::vector<std::string> set;
  for (const auto& column : layout.columns())
    if (!is_key(column.name))
      set.push_back(quote_identifier(column.name) + " = excluded."
                    + quote_identifier(column.name));
  std::vector<std::string> names;
  for (const auto& name : key_)
    names.push_back(quote_identifier(name));
  return insert(layout) + " ON CONFLICT (" + join(names) + ") DO "
         + (set.empty() ? "NOTHING" : "UPDATE SET " + join(set));
}

} // namespace motorcade
