#include "runtime/database/sql_builder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace motorcade {

namespace {

/// The most bytes of a character in UTF-8.
constexpr size_t longest_character = 4;

} // namespace

const std::string& sql_builder::type(std::string_view column) const {
  return table_.types.find(column)->second;
}

std::string sql_builder::parameter(std::string content, std::string_view type) {
  parameters_.push_back(std::move(content));
  auto number = std::to_string(parameters_.size());
  return postgres() ? "$" + number + "::" + std::string{type} : "?" + number;
}

std::string sql_builder::value(const column_value& wanted) {
  if (!wanted.text)
    return "NULL";
  const auto& to = type(wanted.column);
  return parameter(
      postgres() ? fit_text(to, *wanted.text) : repair_text(*wanted.text), to);
}

std::string sql_builder::now(std::string_view column) {
  return postgres() ? now_as(type(column)) : time(utc_now());
}

std::string sql_builder::equals(const column_value& wanted) {
  return quote_identifier(wanted.column) + " = " + value(wanted);
}

std::string sql_builder::any(std::string_view column,
                             std::span<const std::string> texts) {
  auto name = quote_identifier(column);
  if (postgres()) {
    std::string array;
    for (const auto& item : texts)
      append_array_item(array, repair_text(item));
    array += array.empty() ? "{}" : "}";
    return name + " = ANY(" + parameter(std::move(array), type(column) + "[]")
           + ")";
  }
  auto array = nlohmann::json::array();
  for (const auto& item : texts)
    array.push_back(repair_text(item));
  return name + " IN (SELECT value FROM json_each("
         + parameter(array.dump(), "text") + "))";
}

std::string sql_builder::holds(const std::string& text, std::string_view part) {
  const auto wanted = this->text(part);
  if (!postgres())
    return "instr(lower(" + text + "), lower(" + wanted + ")) > 0";
  // Of the letters that are no ASCII, `lower` changes none in this collation.
  return "strpos(lower((" + text + ") COLLATE \"C\"), lower(" + wanted
         + " COLLATE \"C\")) > 0";
}

std::string sql_builder::as_text(std::string_view column) const {
  auto name = quote_identifier(column);
  return postgres() ? name + "::text COLLATE \"C\"" : name;
}

bool sql_builder::is_text(std::string_view column) const {
  return has(column) && (!postgres() || type(column) == "text");
}

std::string sql_builder::unindexed(std::string_view column) const {
  return postgres() ? as_text(column) : "+" + as_text(column);
}

std::string sql_builder::text(std::string_view content) {
  return parameter(repair_text(content), "text");
}

std::string sql_builder::as_time(std::string_view column) const {
  auto name = quote_identifier(column);
  if (!postgres() || type(column) == "timestamp with time zone")
    return name;
  return type(column) == "timestamp without time zone"
             ? "(" + name + " AT TIME ZONE 'UTC')"
             : name + "::timestamptz";
}

std::string sql_builder::time(wall_time moment) {
  return parameter(to_iso8601_micros(moment), "timestamptz");
}

std::string sql_builder::ago(std::chrono::seconds age) {
  if (!postgres())
    return time(utc_now() - age);
  return "now() - " + parameter(std::to_string(age.count()), "bigint")
         + " * interval '1 second'";
}

std::string sql_builder::number(uint64_t content) {
  constexpr uint64_t most = std::numeric_limits<int64_t>::max();
  auto digits = std::to_string(std::min(content, most));
  // SQLite binds text, which LIMIT does not take as a number.
  return "CAST(" + parameter(std::move(digits), "text") + " AS bigint)";
}

std::string sql_builder::read(std::string_view column) const {
  return has(column) ? quote_identifier(column) : "NULL";
}

std::string sql_builder::bytes(std::string_view column) const {
  if (!has(column))
    return "0";
  auto name = quote_identifier(column);
  // Postgres answers this without fetching a text that was moved out of its
  // row.
  return "coalesce("
         + (postgres() ? "octet_length(" + name + "::text)"
                       : "length(CAST(" + name + " AS BLOB))")
         + ", 0)";
}

std::string sql_builder::cut_bytes(std::string_view column, size_t most) {
  auto all = bytes(column);
  return "CASE WHEN " + all + " > " + number(most) + " THEN "
         + std::to_string(most / longest_character) + " ELSE " + all + " END";
}

std::string sql_builder::read_cut(std::string_view column, size_t most) {
  if (!has(column))
    return "NULL";
  auto name = quote_identifier(column);
  auto text = postgres() ? name + "::text" : name;
  return "CASE WHEN " + bytes(column) + " > " + number(most) + " THEN substr("
         + text + ", 1, " + std::to_string(most / longest_character)
         + ") || '... (cut: it has ' || " + bytes(column)
         + " || ' bytes)' ELSE " + text + " END";
}

std::string sql_builder::read_time(std::string_view column) const {
  if (!has(column))
    return "NULL";
  // The default form of Postgres depends on the session, so the form is given.
  return postgres() ? "to_char(" + as_time(column)
                          + " AT TIME ZONE 'UTC', "
                            "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
                    : quote_identifier(column);
}

sql_statement sql_builder::finish(std::string text) && {
  return {std::move(text), std::move(parameters_)};
}

void column_list::add(const column_value& wanted) {
  if (builder_.has(wanted.column))
    append(wanted.column, builder_.value(wanted));
}

void column_list::add_now(std::string_view column) {
  if (builder_.has(column))
    append(column, builder_.now(column));
}

void column_list::append(std::string_view column, const std::string& value) {
  const auto* comma = names_.empty() ? "" : ", ";
  auto name = quote_identifier(column);
  names_ += comma + name;
  values_ += comma + value;
  assignments_ += comma + name + " = " + value;
}

} // namespace motorcade
