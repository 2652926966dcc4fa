#include "runtime/destination/clickhouse/clickhouse_types.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace motorcade {

namespace {

/// @returns the text between `name(` and the last `)`; nothing if the text has
/// another form.
std::optional<std::string_view> inside(std::string_view type,
                                       std::string_view name) {
  if (!type.starts_with(name) || type.size() < name.size() + 2
      || type[name.size()] != '(' || !type.ends_with(')'))
    return std::nullopt;
  return type.substr(name.size() + 1, type.size() - name.size() - 2);
}

uint32_t number_in(std::string_view text) {
  uint32_t out = 0;
  const auto start = text.find_first_not_of(' ');
  if (start != std::string_view::npos)
    std::from_chars(text.data() + start, text.data() + text.size(), out);
  return out;
}

/// Reads the labels of `Enum8('a' = 1, 'it\\'s' = 2)`.
std::vector<std::string> labels_in(std::string_view type) {
  std::vector<std::string> out;
  auto inside_quotes = false;
  for (size_t i = 0; i < type.size(); ++i) {
    if (type[i] == '\'') {
      inside_quotes = !inside_quotes;
      if (inside_quotes)
        out.emplace_back();
    } else if (inside_quotes && type[i] == '\\' && i + 1 < type.size()) {
      out.back() += unescaped_clickhouse(type[++i]);
    } else if (inside_quotes) {
      out.back() += type[i];
    }
  }
  return out;
}

bool read_integer(std::string_view type, column_shape& out) {
  const auto is_unsigned = type.starts_with('U');
  if (is_unsigned)
    type.remove_prefix(1);
  if (!type.starts_with("Int"))
    return false;
  const auto bits = number_in(type.substr(3));
  out.type = column_type::integer;
  out.is_unsigned = is_unsigned;
  out.integer_bits = static_cast<uint8_t>(std::min(bits, 64u));
  return bits > 0;
}

bool read_decimal(std::string_view type, column_shape& out) {
  const auto digits = inside(type, "Decimal");
  if (!digits)
    return false;
  const auto comma = std::min(digits->find(','), digits->size());
  const auto all = number_in(digits->substr(0, comma));
  const auto fraction =
      number_in(digits->substr(std::min(comma + 1, digits->size())));
  out.type = column_type::floating;
  out.float_bits = 0;
  out.fraction_digits = static_cast<int16_t>(fraction);
  out.whole_digits = static_cast<int16_t>(all > fraction ? all - fraction : 0);
  return true;
}

bool read_time(std::string_view type, column_shape& out) {
  out.type = column_type::timestamp;
  if (type == "Date" || type == "Date32") {
    out.time = time_form::date;
  } else if (!type.starts_with("DateTime")) {
    out.type = column_type::string;
    return false;
  }
  const auto wide = type == "Date32" || type.starts_with("DateTime64");
  constexpr std::string_view with_fraction = "DateTime64(";
  unsigned digits = 0;
  if (type.starts_with(with_fraction))
    std::from_chars(type.data() + with_fraction.size(),
                    type.data() + type.size(), digits);
  out.second_digits = static_cast<uint8_t>(std::min(digits, 6u));
  out.first_time = wide ? "1900-01-01T00:00:00" : "1970-01-01T00:00:00";
  // Seconds of 32 bits end in 2106, days of 16 bits in 2149, nanoseconds of 64
  // bits in 2262.
  out.last_time = wide             ? "2261-12-31T23:59:59"
                  : type == "Date" ? "2148-12-31T23:59:59"
                                   : "2105-12-31T23:59:59";
  return true;
}

} // namespace

table_dialect clickhouse_dialect() {
  table_dialect out;
  out.max_name_bytes = 127;
  // Virtual columns by which the commit knows the order of rows.
  static constexpr std::array<std::string_view, 2> virtual_columns = {
      "_part", "_part_offset"};
  out.taken_names = virtual_columns;
  out.max_columns = 5'000;
  out.kept_as[static_cast<size_t>(column_type::json)] = column_type::string;
  out.sql_types = {"UInt8",  "Int64",         "Float64",
                   "String", "DateTime64(6)", "String"};
  out.shape_of_sql = [](std::string_view sql) -> std::optional<column_shape> {
    // The text becomes part of a statement.
    constexpr size_t longest = 60;
    const auto plain = std::all_of(sql.begin(), sql.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
             || (c >= '0' && c <= '9') || c == '(' || c == ')' || c == ','
             || c == ' ';
    });
    if (!plain || sql.empty() || sql.size() > longest
        || std::count(sql.begin(), sql.end(), '(')
               != std::count(sql.begin(), sql.end(), ')'))
      return std::nullopt;
    return shape_of_clickhouse_type(sql);
  };
  return out;
}

char unescaped_clickhouse(char escape) {
  switch (escape) {
  case 't':
    return '\t';
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case '0':
    return '\0';
  case 'b':
    return '\b';
  case 'f':
    return '\f';
  default:
    return escape;
  }
}

std::string_view bare_type(std::string_view type) {
  for (;;) {
    if (const auto in = inside(type, "Nullable"))
      type = *in;
    else if (const auto low = inside(type, "LowCardinality"))
      type = *low;
    else
      return type;
  }
}

column_shape shape_of_clickhouse_type(std::string_view type) {
  column_shape out;
  out.sql = type;
  const auto bare = bare_type(type);
  if (bare == "Bool") {
    out.type = column_type::boolean;
  } else if (bare == "Float64" || bare == "Float32") {
    out.type = column_type::floating;
    out.float_bits = bare == "Float32" ? 32 : 64;
  } else if (const auto size = inside(bare, "FixedString")) {
    out.max_bytes = number_in(*size);
  } else if (bare == "UUID") {
    out.is_uuid = true;
  } else if (bare.starts_with("Enum")) {
    out.choices = labels_in(bare);
  } else if (!read_integer(bare, out) && !read_decimal(bare, out)) {
    read_time(bare, out);
  }
  return out;
}

std::string staged_type(const column_shape& shape) {
  const auto bare = bare_type(shape.sql);
  const auto known = shape.type != column_type::string || bare == "String"
                     || bare.starts_with("FixedString(");
  return "Nullable(" + std::string{known ? bare : "String"} + ')';
}

} // namespace motorcade
