// Random rows with hostile names and values go into a real warehouse, and come
// back equal, once the conversions that docs/destinations.md states are made.
#ifdef WITH_MARIADB
#include "runtime/destination/mysql/mysql_types.hpp"
#include "support/mysql_world.hpp"
#else
#include "runtime/destination/postgres/postgres_types.hpp"
#include "runtime/destination/sqlite/sqlite_sql.hpp"
#include "support/warehouse_world.hpp"
#endif
#include "schema/json/json_view.hpp"
#include "support/random_rows.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <random>
#include <set>
#include <tuple>
#include <type_traits>

using namespace motorcade;
using namespace motorcade::support;
using namespace motorcade::test;
using nlohmann::json;

namespace {

constexpr unsigned first_seed = 20'261'128;
#ifdef WITH_MARIADB
// A round takes more than a second: each column that is added commits.
constexpr unsigned rounds = 8;
#else
// A round takes a fifth of a second.
constexpr unsigned rounds = 20;
#endif
constexpr size_t rows_of_a_request = 14;

std::string without_nul(std::string text) {
  std::erase(text, '\0');
  return text;
}

json clean(const json& from) {
  if (from.is_string())
    return without_nul(from.get<std::string>());
  if (!from.is_structured())
    return from;
  auto out = from.is_array() ? json::array() : json::object();
  for (const auto& [key, value] : from.items())
    if (from.is_array())
      out.push_back(clean(value));
    else
      out[without_nul(key)] = clean(value);
  return out;
}

/// @returns JSON without NULs; what is none is like nothing.
json parse_clean(const std::string& text) {
  return clean(json::parse(text, nullptr, false));
}

/// @returns seconds and microseconds of a time in UTC, in one form.
std::string time_of(const std::string& text) {
  auto out = text.substr(0, 19);
  std::replace(out.begin(), out.end(), ' ', 'T');
  std::string fraction;
  if (text.size() > 20 && text[19] == '.')
    for (size_t i = 20; i < text.size() && text[i] >= '0' && text[i] <= '9';
         ++i)
      fraction += text[i];
  fraction.resize(6, '0');
  return out + "." + fraction;
}

/// SQLite prints the last of 17 digits as it likes.
constexpr auto slack = 4e-16;

bool same_number(const std::string& a, const std::string& b) {
  char* end = nullptr;
  const auto left = std::strtod(a.c_str(), &end);
  if (a.empty() || *end != '\0')
    return false;
  const auto right = std::strtod(b.c_str(), &end);
  return !b.empty() && *end == '\0'
         && std::abs(left - right) <= slack * std::abs(right);
}

/// What a column of a table is.
enum class column_kind { boolean, integer, floating, text, time, json };

column_kind kind_of(const type_names& types, const std::string& sql) {
  // SQLite has one type for some of them, and the first one counts.
  if (sql == types.integer)
    return column_kind::integer;
  if (sql == types.boolean)
    return column_kind::boolean;
  if (sql == types.floating)
    return column_kind::floating;
  if (sql == types.string)
    return column_kind::text;
  return sql == types.timestamp ? column_kind::time : column_kind::json;
}

/// @returns whether a column's text is the value, converted.
bool is_same(const std::string& found, const value& given, column_kind is) {
  const auto as_number = given.given == "true"    ? std::string{"1"}
                         : given.given == "false" ? std::string{"0"}
                                                  : given.text;
  switch (is) {
  case column_kind::boolean:
    return (found == "1" || found == "t" || found == "true")
               == (given.text == "true" || given.text == "1")
           && (given.is == kind::boolean || given.text == "0"
               || given.text == "1" || given.text == "true"
               || given.text == "false");
  case column_kind::integer:
    return given.is == kind::floating ? same_number(found, given.given)
                                      : found == as_number;
  case column_kind::floating:
    return same_number(found, as_number);
  case column_kind::time:
    return given.is == kind::time && time_of(found) == time_of(given.text);
  case column_kind::text:
    if (given.is == kind::list)
      return parse_clean(found) == parse_clean(given.given);
    // It may have been in a column of numbers that became one of text: a
    // double's text then, or 0 and 1.
    if (given.is == kind::boolean)
      return found == given.given || found == as_number;
    if (given.is == kind::integer || given.is == kind::floating)
      return same_number(found, given.given);
    return found == without_nul(given.text)
           || (given.is == kind::time && time_of(found) == time_of(given.text));
  case column_kind::json:
    break;
  }
  return parse_clean(found) == parse_clean(given.given);
}

/// @returns whether `_unmapped_data` tells the value.
bool is_told(const json& told, const value& given) {
  if (told.is_string())
    return told.get<std::string>() == without_nul(given.text);
  return told == parse_clean(given.given);
}

/// @returns whether a column of the kind takes any such value, so that it may
/// not be in `_unmapped_data`.
bool must_fit(const value& given, column_kind is, size_t most_text) {
  switch (is) {
  case column_kind::boolean:
    return given.is == kind::boolean;
  case column_kind::integer:
    return given.is == kind::boolean || given.is == kind::integer;
  case column_kind::floating:
    return given.is == kind::boolean || given.is == kind::floating;
  case column_kind::time:
    return given.is == kind::time;
  case column_kind::text:
    return given.text.size() <= most_text;
  case column_kind::json:
    break;
  }
  return false;
}

#ifdef WITH_MARIADB
using warehouses = std::tuple<mysql_warehouse>;

table_dialect dialect_of(const mysql_warehouse&) {
  return mysql_dialect();
}

std::string as_hex(const mysql_warehouse&, const std::string& column,
                   column_kind) {
  return "HEX(CAST(" + column + " AS CHAR))";
}

/// A text's most bytes.
constexpr size_t most_text = 65'535;
#else
using warehouses = std::tuple<postgres_warehouse, sqlite_warehouse>;

table_dialect dialect_of(const postgres_warehouse&) {
  return postgres_dialect();
}

table_dialect dialect_of(const sqlite_warehouse&) {
  return sqlite_dialect();
}

std::string as_hex(const postgres_warehouse&, const std::string& column,
                   column_kind is) {
  const auto text = is == column_kind::time
                        ? "to_char(" + column
                              + " AT TIME ZONE 'UTC', "
                                "'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
                        : column + "::text";
  return "encode(convert_to(" + text + ", 'UTF8'), 'hex')";
}

std::string as_hex(const sqlite_warehouse&, const std::string& column,
                   column_kind is) {
  // SQLite's own text of a double has 15 digits.
  const auto text =
      is == column_kind::floating ? "printf('%!.17g', " + column + ")" : column;
  return "CASE WHEN " + column + " IS NULL THEN NULL ELSE hex(" + text
         + ") END";
}

constexpr size_t most_text = SIZE_MAX;
#endif

/// @returns the text of hexadecimal digits.
std::string from_hex(std::string_view digits) {
  std::string out;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    out += static_cast<char>(
        std::stoi(std::string{digits.substr(i, 2)}, nullptr, 16));
  return out;
}

/// A table that was read back: by id, by column, what is not NULL.
using table_content = std::map<size_t, std::map<std::string, std::string>>;

/// @param kinds Gets the kinds of the columns.
template <class Warehouse>
table_content read_back(Warehouse& world, const row_maker& maker,
                        std::map<std::string, column_kind>& kinds) {
  std::vector<std::string> names;
  std::string selected;
  for (const auto& text : world.columns("t")) {
    const auto bar = text.rfind('|');
    const auto name = text.substr(0, bar);
    const auto is = kind_of(Warehouse::types, text.substr(bar + 1));
    names.push_back(maker.fold(name));
    kinds[names.back()] = is;
    selected +=
        (selected.empty() ? "" : ", ") + as_hex(world, '"' + name + '"', is);
  }
  table_content out;
  for (const auto& line :
       world.rows("SELECT " + selected + " FROM " + world.schema + ".t")) {
    std::map<std::string, std::string> cells;
    std::string_view rest = line;
    for (const auto& name : names) {
      const auto bar = std::min(rest.find('|'), rest.size());
      if (rest.substr(0, bar) != "-")
        cells[name] = from_hex(rest.substr(0, bar));
      rest.remove_prefix(std::min(bar + 1, rest.size()));
    }
    const auto id = std::stoul(cells.at("id"));
    cells.erase("id");
    const auto fresh = out.emplace(id, cells).second;
    REQUIRE(fresh);
  }
  return out;
}

void compare(const row_values& wanted, std::map<std::string, std::string> found,
             const std::map<std::string, column_kind>& kinds,
             const row_maker& maker) {
  const auto text = found["_unmapped_data"];
  found.erase("_unmapped_data");
  std::map<std::string, std::vector<json>> unmapped;
  const auto all = text.empty() ? json::object() : json::parse(text);
  for (const auto& [path, told] : all.items())
    unmapped[wanted.count(maker.fold(path)) > 0 ? maker.fold(path)
                                                : maker.column(path)]
        .push_back(told);
  for (const auto& [column, values] : wanted) {
    INFO("column " << column << ", given "
                   << values.back().given.substr(0, 200));
    const auto is =
        kinds.count(column) > 0 ? kinds.at(column) : column_kind::json;
    const auto there = found.find(column);
    if (there != found.end()) {
      INFO("found " << there->second.substr(0, 200));
      REQUIRE(std::any_of(values.begin(), values.end(), [&](const auto& one) {
        return is_same(there->second, one, is);
      }));
      found.erase(there);
    } else {
      REQUIRE(unmapped.count(column) == 1);
      if (values.size() == 1)
        REQUIRE_FALSE(must_fit(values.front(), is, most_text));
    }
    for (const auto& told : unmapped[column]) {
      INFO("unmapped " << told.dump().substr(0, 200));
      REQUIRE(std::any_of(values.begin(), values.end(),
                          [&](const auto& one) { return is_told(told, one); }));
    }
    unmapped.erase(column);
  }
  // Nothing that no row has given.
  REQUIRE(found.empty());
  REQUIRE(unmapped.empty());
}

} // namespace

TEMPLATE_LIST_TEST_CASE(
    "random rows with hostile names come back from a warehouse", "",
    warehouses) {
  for (auto seed = first_seed; seed < first_seed + rounds; ++seed) {
    INFO("seed " << seed);
    TestType world;
    auto request = request_for("t");
    if (seed % 2 == 0)
      request.primary_key = {"id"};
    if (seed % 3 == 0)
      request.fields = {{"a", field_type::int64},
                        {"b", field_type::string},
                        {"c", field_type::float64}};
    std::set<std::string> named;
    for (const auto& field : request.fields)
      named.insert(field.name);
    row_maker maker{seed, dialect_of(world), named};
    std::vector<row_values> wanted;
    // The second request meets the columns of the first.
    for (auto part = 0; part < 2; ++part) {
      std::vector<std::string> lines;
      for (size_t i = 0; i < rows_of_a_request; ++i) {
        const auto id = wanted.size();
        lines.push_back(maker.make(id, wanted.emplace_back()));
      }
      commit(world.send(request, lines));
    }
    std::map<std::string, column_kind> kinds;
    const auto found = read_back(world, maker, kinds);
    REQUIRE(found.size() == wanted.size());
    for (size_t id = 0; id < wanted.size(); ++id) {
      INFO("row " << id);
      compare(wanted[id], found.at(id), kinds, maker);
    }
    CHECK(world.tables() == std::vector<std::string>{"t"});
  }
  std::printf("seeds %u to %u\n", first_seed, first_seed + rounds - 1);
}
