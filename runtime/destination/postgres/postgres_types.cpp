#include "runtime/destination/postgres/postgres_types.hpp"

#include "schema/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <regex>

namespace motorcade {

namespace {

/// A type's name without its modifiers, and up to two of them.
struct type_text {
  std::string name;
  std::array<int32_t, 2> modifiers = {};
  bool has_modifiers = false;
};

type_text take_apart(std::string_view type) {
  type_text out;
  const auto open = type.find('(');
  const auto close = type.find(')', open);
  if (open == std::string_view::npos || close == std::string_view::npos) {
    out.name = type;
    return out;
  }
  out.has_modifiers = true;
  out.name = std::string{type.substr(0, open)};
  out.name += type.substr(close + 1);
  const auto* at = type.data() + open + 1;
  const auto* end = type.data() + close;
  for (auto& modifier : out.modifiers) {
    while (at != end && *at == ' ')
      ++at;
    at = std::from_chars(at, end, modifier).ptr;
    if (at != end)
      ++at;
  }
  return out;
}

} // namespace

table_dialect postgres_dialect() {
  table_dialect out;
  out.max_name_bytes = 63;
  // https://www.postgresql.org/docs/15/ddl-system-columns.html
  static constexpr std::array<std::string_view, 6> system_columns = {
      "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"};
  out.taken_names = system_columns;
  // Postgres itself has 1,600, of which the table of a request needs some for
  // columns that turn out wider.
  out.max_columns = 1'500;
  out.sql_types = {"boolean",
                   "bigint",
                   "double precision",
                   "text",
                   "timestamp with time zone",
                   "jsonb"};
  out.shape_of_sql = shape_of_asked_type;
  return out;
}

column_shape shape_of_postgres_type(std::string_view type) {
  const auto [name, modifiers, has_modifiers] = take_apart(type);
  column_shape out;
  out.sql = type;
  if (name == "boolean") {
    out.type = column_type::boolean;
  } else if (name == "smallint" || name == "integer" || name == "bigint") {
    out.type = column_type::integer;
    out.integer_bits = name == "smallint" ? 16 : name == "integer" ? 32 : 64;
  } else if (name == "real" || name == "double precision") {
    out.type = column_type::floating;
    out.float_bits = name == "real" ? 32 : 64;
  } else if (name == "numeric") {
    out.type = column_type::floating;
    out.float_bits = 0;
    out.fraction_digits = static_cast<int16_t>(modifiers[1]);
    out.whole_digits = static_cast<int16_t>(modifiers[0] - modifiers[1]);
  } else if (name == "character varying" || name == "character") {
    out.max_characters = static_cast<uint32_t>(modifiers[0]);
  } else if (name == "timestamp with time zone") {
    out.type = column_type::timestamp;
  } else if (name == "timestamp without time zone") {
    out.type = column_type::timestamp;
    out.time = time_form::unzoned;
  } else if (name == "date") {
    out.type = column_type::timestamp;
    out.time = time_form::date;
  } else if (name == "json" || name == "jsonb") {
    out.type = column_type::json;
  } else if (name == "uuid") {
    out.is_uuid = true;
  } else if (name == "\"char\"") {
    out.max_bytes = 1;
  } else if (name == "name") {
    // https://www.postgresql.org/docs/15/datatype-character.html
    out.max_bytes = 63;
  }
  if (out.type == column_type::timestamp && has_modifiers)
    out.second_digits = static_cast<uint8_t>(std::min(modifiers[0], 6));
  return out;
}

std::optional<column_shape> shape_of_asked_type(std::string_view sql) {
  static const std::regex form{
      R"(([a-z][a-z0-9_]*)( precision| varying)?(\([0-9]+(, ?[0-9]+)?\))?)"
      R"(( with time zone| without time zone)?(\[\])?)"};
  constexpr size_t longest = 100;
  auto text = ascii_lower(sql);
  if (text.size() > longest || !std::regex_match(text, form))
    return std::nullopt;

  struct alias {
    std::string_view written;
    std::string_view formatted;
  };

  constexpr std::array<alias, 12> aliases = {
      {{"int", "integer"},
       {"int4", "integer"},
       {"int8", "bigint"},
       {"int2", "smallint"},
       {"float8", "double precision"},
       {"float", "double precision"},
       {"float4", "real"},
       {"bool", "boolean"},
       {"timestamptz", "timestamp with time zone"},
       {"timestamp", "timestamp without time zone"},
       {"varchar", "character varying"},
       {"decimal", "numeric"}}};
  const auto open = std::min(text.find('('), text.size());
  for (const auto& [written, formatted] : aliases)
    if (text.substr(0, open) == written) {
      text.replace(0, open, formatted);
      break;
    }
  return shape_of_postgres_type(text);
}

} // namespace motorcade
