#include "runtime/destination/mysql/mysql_types.hpp"

#include "runtime/destination/tables/column_names.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/utf8.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <regex>
#include <utility>

namespace motorcade {

namespace {

constexpr size_t most_name_bytes = 63;

/// The most bytes of all columns of an index, and of a character in it.
/// https://dev.mysql.com/doc/refman/8.0/en/innodb-limits.html
constexpr size_t most_key_bytes = 3'072;
constexpr size_t most_character_bytes = 4;
constexpr size_t usual_key_characters = 255;

/// MariaDB's functions for JSON take so many levels less one, MySQL's 100.
constexpr uint16_t most_depth = 31;

constexpr char32_t last_of_three_bytes = 0xFFFF;
constexpr char32_t last_of_ascii = 0x7F;

/// @returns the same text for names of the same column: MySQL ignores the case
/// of letters.
std::string fold_case(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const auto lower = ::utf8proc_tolower(
        static_cast<utf8proc_int32_t>(take_code_point(name)));
    append_code_point(out, static_cast<char32_t>(lower));
  }
  return out;
}

/// @returns the name in a form that MySQL takes: characters of three bytes at
/// most and no blank at the end.
std::string fit(std::string name) {
  std::string out;
  for (std::string_view rest = name; !rest.empty();) {
    const auto before = rest;
    if (take_code_point(rest) > last_of_three_bytes)
      out += '_';
    else
      out += before.substr(0, before.size() - rest.size());
  }
  name = std::move(out);
  if (name.ends_with(' '))
    name.back() = '_';
  return name;
}

/// A type's name, its modifiers and what stands behind them.
struct type_text {
  std::string name;
  std::string_view modifiers;
  bool is_unsigned = false;
};

type_text take_apart(std::string_view type) {
  type_text out;
  const auto open = std::min(type.find('('), type.size());
  const auto blank = std::min(type.find(' '), type.size());
  out.name = ascii_lower(type.substr(0, std::min(open, blank)));
  const auto close = type.rfind(')');
  if (open < type.size() && close != std::string_view::npos && close > open)
    out.modifiers = type.substr(open + 1, close - open - 1);
  out.is_unsigned = ascii_lower(type).find("unsigned") != std::string::npos;
  return out;
}

uint32_t number_in(std::string_view text) {
  uint32_t out = 0;
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

/// Reads `'a','b''c'`.
std::vector<std::string> choices_in(std::string_view list) {
  std::vector<std::string> out;
  bool inside = false;
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] != '\'') {
      if (inside)
        out.back() += list[i];
    } else if (!inside) {
      out.emplace_back();
      inside = true;
    } else if (i + 1 < list.size() && list[i + 1] == '\'') {
      out.back() += list[i++];
    } else {
      inside = false;
    }
  }
  return out;
}

bool read_integer(const type_text& type, column_shape& out) {
  constexpr std::array<std::pair<std::string_view, uint8_t>, 6> sizes = {
      {{"tinyint", 8},
       {"smallint", 16},
       {"mediumint", 24},
       {"int", 32},
       {"integer", 32},
       {"bigint", 64}}};
  if (type.name == "boolean" || type.name == "bool") {
    out.type = column_type::boolean;
    return true;
  }
  for (const auto& [name, bits] : sizes)
    if (type.name == name) {
      // MySQL keeps `boolean` as this type.
      out.type =
          type.name == "tinyint" && type.modifiers == "1" && !type.is_unsigned
              ? column_type::boolean
              : column_type::integer;
      out.integer_bits = bits;
      out.is_unsigned = type.is_unsigned;
      return true;
    }
  return false;
}

bool read_number(const type_text& type, column_shape& out) {
  if (type.name == "float" || type.name == "double" || type.name == "real") {
    out.type = column_type::floating;
    out.float_bits = type.name == "float" ? 32 : 64;
    return true;
  }
  if (type.name != "decimal" && type.name != "numeric")
    return false;
  const auto comma = std::min(type.modifiers.find(','), type.modifiers.size());
  constexpr uint32_t usual_digits = 10;
  const auto given = number_in(type.modifiers.substr(0, comma));
  const auto all = given == 0 ? usual_digits : given;
  const auto fraction = number_in(
      type.modifiers.substr(std::min(comma + 1, type.modifiers.size())));
  out.type = column_type::floating;
  out.float_bits = 0;
  out.fraction_digits = static_cast<int16_t>(fraction);
  out.whole_digits = static_cast<int16_t>(all > fraction ? all - fraction : 0);
  return true;
}

bool read_time(const type_text& type, column_shape& out) {
  if (type.name != "datetime" && type.name != "timestamp"
      && type.name != "date")
    return false;
  out.type = column_type::timestamp;
  out.time = type.name == "date" ? time_form::date : time_form::unzoned;
  out.second_digits =
      static_cast<uint8_t>(std::min(number_in(type.modifiers), 6u));
  if (type.name == "timestamp") {
    out.first_time = "1970-01-01T00:00:01";
    out.last_time = "2038-01-19T03:14:07";
  }
  return true;
}

bool read_text(const type_text& type, std::string_view charset,
               column_shape& out) {
  constexpr std::array<std::pair<std::string_view, uint32_t>, 8> sizes = {
      {{"tinytext", 255},
       {"text", 65'535},
       {"mediumtext", 16'777'215},
       {"longtext", 0},
       {"tinyblob", 255},
       {"blob", 65'535},
       {"mediumblob", 16'777'215},
       {"longblob", 0}}};
  if (type.name == "varbinary") {
    out.max_bytes = number_in(type.modifiers);
    return true;
  }
  if (type.name == "varchar" || type.name == "char") {
    out.max_characters = std::max(number_in(type.modifiers), 1u);
  } else if (type.name == "enum") {
    out.choices = choices_in(type.modifiers);
  } else {
    const auto* found =
        std::find_if(sizes.begin(), sizes.end(),
                     [&](const auto& one) { return one.first == type.name; });
    if (found == sizes.end())
      return false;
    out.max_bytes = found->second;
    if (type.name.ends_with("blob"))
      return true;
  }
  if (charset == "utf8mb3" || charset == "utf8" || charset == "ucs2")
    out.last_character = last_of_three_bytes;
  else if (charset != "utf8mb4" && charset != "utf16" && charset != "utf16le"
           && charset != "utf32")
    out.last_character = last_of_ascii;
  return true;
}

column_shape make_shape(column_type type, size_t key_columns) {
  constexpr std::array<std::string_view, column_type_count> types = {
      "boolean", "bigint", "double", "text", "datetime(6)", "json"};
  const auto is_text = type == column_type::string || type == column_type::json;
  if (key_columns > 0 && is_text) {
    const auto characters =
        std::min(usual_key_characters,
                 most_key_bytes / most_character_bytes / key_columns);
    return shape_of_mysql_type("varchar(" + std::to_string(characters) + ')');
  }
  return type == column_type::json
             ? mysql_json_shape("json")
             : shape_of_mysql_type(types[static_cast<size_t>(type)]);
}

/// Reads the type that a row asks for. Only a text in the form of a type's name
/// is taken, since it becomes part of a statement.
std::optional<column_shape> shape_of_asked_type(std::string_view sql) {
  static const std::regex form{
      R"(([a-z]+)(\([0-9]+(, ?[0-9]+)?\))?( unsigned)?)"};
  constexpr size_t longest = 60;
  const auto text = ascii_lower(sql);
  if (text.size() > longest || !std::regex_match(text, form))
    return std::nullopt;
  auto out = shape_of_mysql_type(text);
  // These types need a length.
  const auto lacks_length =
      (text.starts_with("var") || text == "enum") && !text.ends_with(')');
  return out.read_only || lacks_length ? std::nullopt
                                       : std::optional{std::move(out)};
}

} // namespace

table_dialect mysql_dialect() {
  table_dialect out;
  out.max_name_bytes = most_name_bytes;
  // Names of columns that InnoDB uses itself.
  static constexpr std::array<std::string_view, 4> taken = {
      "DB_ROW_ID", "DB_TRX_ID", "DB_ROLL_PTR", "FTS_DOC_ID"};
  out.taken_names = taken;
  // InnoDB has 1,017, of which the table of a request needs some for columns
  // that turn out wider.
  out.max_columns = 900;
  out.fold_name = fold_case;
  out.fit_name = fit;
  out.make_shape = make_shape;
  out.shape_of_sql = shape_of_asked_type;
  return out;
}

std::string mysql_name(std::string_view name, bool same_case) {
  return fit(make_table_name(name, most_name_bytes, same_case));
}

column_shape shape_of_mysql_type(std::string_view type,
                                 std::string_view charset) {
  const auto parts = take_apart(type);
  column_shape out;
  out.sql = type;
  const auto known = read_integer(parts, out) || read_number(parts, out)
                     || read_time(parts, out) || read_text(parts, charset, out);
  if (parts.name == "json")
    return mysql_json_shape(type);
  // These types check a value, and report one that does not fit.
  constexpr std::array<std::string_view, 3> checked = {"uuid", "inet4",
                                                       "inet6"};
  // All other types change a text that they do not understand, or take its
  // bytes for something else: bit, binary, set, time, year, geometry.
  out.is_uuid = parts.name == "uuid";
  out.read_only =
      !known
      && std::find(checked.begin(), checked.end(), parts.name) == checked.end();
  return out;
}

column_shape mysql_json_shape(std::string_view type) {
  column_shape out;
  out.type = column_type::json;
  out.sql = type;
  out.max_depth = most_depth;
  return out;
}

bool can_be_in_mysql_key(const column_shape& shape) {
  if (shape.type == column_type::json)
    return false;
  return shape.type != column_type::string || shape.max_characters > 0
         || !shape.choices.empty();
}

bool has_mysql_charset(const column_shape& shape) {
  constexpr std::array<std::string_view, 6> texts = {
      "char", "varchar", "tinytext", "text", "mediumtext", "longtext"};
  return shape.type == column_type::string
         && std::find(texts.begin(), texts.end(), take_apart(shape.sql).name)
                != texts.end();
}

std::string mysql_staged_type(const column_shape& shape, bool in_key) {
  switch (shape.type) {
  case column_type::boolean:
    return "tinyint";
  case column_type::integer:
    return "bigint";
  case column_type::timestamp:
    return "datetime(6)";
  case column_type::floating:
    // A double would round what a decimal keeps.
    return shape.float_bits == 0 ? "longtext" : "double";
  case column_type::string:
  case column_type::json:
    break;
  }
  constexpr auto most = most_key_bytes / most_character_bytes;
  return in_key && shape.max_characters > 0 && shape.max_characters <= most
             ? "varchar(" + std::to_string(shape.max_characters) + ')'
             : "longtext";
}

} // namespace motorcade
