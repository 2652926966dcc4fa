#include "runtime/destination/tables/cell.hpp"

#include "schema/json/json_view.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace motorcade {

namespace {

/// The most digits of an exponent that every warehouse takes.
constexpr size_t longest_exponent = 4;

bool fits_int64(std::string_view digits) {
  constexpr size_t safe = 18;
  if (digits.size() <= safe)
    return true;
  int64_t value = 0;
  const auto* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value);
  return rest == end && error == std::errc{};
}

bool has_exponent(std::string_view number) {
  return number.find_first_of("eE") != std::string_view::npos;
}

/// @returns whether a number has more digits, or a further exponent, than
/// Postgres's numeric may hold.
bool is_beyond_numeric(std::string_view number) {
  // With the largest exponent that leaves less than 16,383 behind the point.
  constexpr size_t most_digits = 6'000;
  if (number.size() > most_digits)
    return true;
  const auto at = number.find_first_of("eE");
  if (at == std::string_view::npos)
    return false;
  auto digits = number.substr(at + 1);
  digits.remove_prefix(
      std::min(digits.find_first_not_of("+-0"), digits.size()));
  return digits.size() > longest_exponent;
}

/// Appends a number to JSON; as a string, if no decimal holds it.
void append_json_number(std::string& out, std::string_view number) {
  const auto* quote = is_beyond_numeric(number) ? "\"" : "";
  out += quote;
  out += number;
  out += quote;
}

bool is_hex4(std::string_view text) {
  return text.size() >= 4
         && text.substr(0, 4).find_first_not_of("0123456789abcdefABCDEF")
                == std::string_view::npos;
}

unsigned hex4(std::string_view text) {
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + 4, value, 16);
  return value;
}

/// @returns the bytes of the pair of surrogates that a text begins with, both
/// escaped; 0: it begins with none.
size_t surrogate_pair_at(std::string_view text) {
  constexpr size_t one = 6;
  const auto is_escape = [](std::string_view part) {
    return part.starts_with("\\u") && is_hex4(part.substr(2));
  };
  if (text.size() < 2 * one || !is_escape(text) || !is_escape(text.substr(one)))
    return 0;
  const auto high = hex4(text.substr(2));
  const auto low = hex4(text.substr(one + 2));
  return high >= 0xD800 && high < 0xDC00 && low >= 0xDC00 && low < 0xE000
             ? 2 * one
             : 0;
}

/// Appends a JSON string, quotes included, as jsonb takes it.
void append_json_string(std::string& out, std::string_view quoted) {
  for (;;) {
    const auto at = quoted.find('\\');
    out += quoted.substr(0, at);
    if (at == std::string_view::npos)
      return;
    quoted.remove_prefix(at);
    if (quoted[1] != 'u' || !is_hex4(quoted.substr(2))) {
      out += quoted.substr(0, 2);
      quoted.remove_prefix(2);
      continue;
    }
    constexpr size_t one = 6;
    const auto code = hex4(quoted.substr(2));
    const auto pair = surrogate_pair_at(quoted);
    if (pair > 0)
      out += quoted.substr(0, pair);
    else if (code >= 0xD800 && code < 0xE000)
      out += "\\ufffd";
    else if (code != 0)
      out += quoted.substr(0, one);
    quoted.remove_prefix(pair > 0 ? pair : one);
  }
}

} // namespace

cell number_cell(std::string_view number) {
  constexpr auto beyond = [](std::string_view text) {
    return cell{column_type::string, cell_form::digits, text};
  };
  if (number.find_first_of(".eE") == std::string_view::npos)
    return fits_int64(number)
               ? cell{column_type::integer, cell_form::plain, number}
               : beyond(number);
  constexpr size_t safe = 300;
  if (number.size() <= safe && !has_exponent(number))
    return {column_type::floating, cell_form::plain, number};
  double value = 0;
  const auto read =
      std::from_chars(number.data(), number.data() + number.size(), value);
  if (read.ec != std::errc::result_out_of_range)
    return {column_type::floating, cell_form::plain, number};
  // The number is too large for a double, or nearer to zero than any: strtod
  // tells which.
  value = std::strtod(std::string{number}.c_str(), nullptr);
  const auto too_large = value > 1 || value < -1;
  return too_large ? beyond(number)
                   : cell{column_type::floating, cell_form::plain, number};
}

void append_decoded(std::string& out, std::string_view inside) {
  auto text = decode_json_string(inside);
  text.erase(std::remove(text.begin(), text.end(), '\0'), text.end());
  out += text;
}

bool decodes_exactly(std::string_view inside) {
  for (auto at = inside.find('\\'); at != std::string_view::npos;
       at = inside.find('\\')) {
    inside.remove_prefix(at);
    constexpr size_t one = 6;
    if (inside.size() < one || inside[1] != 'u' || !is_hex4(inside.substr(2))) {
      inside.remove_prefix(std::min<size_t>(2, inside.size()));
      continue;
    }
    const auto pair = surrogate_pair_at(inside);
    const auto code = hex4(inside.substr(2));
    if (code == 0 || (pair == 0 && code >= 0xD800 && code < 0xE000))
      return false;
    inside.remove_prefix(pair > 0 ? pair : one);
  }
  return true;
}

void append_compact_json(std::string& out, std::string_view json) {
  for (size_t at = 0; at < json.size();) {
    const auto c = json[at];
    if (c == '"') {
      const auto length = json_value_length(json.substr(at));
      append_json_string(out, json.substr(at, length));
      at += length;
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      const auto length = json_value_length(json.substr(at));
      append_json_number(out, json.substr(at, length));
      at += length;
    } else {
      if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
        out += c;
      ++at;
    }
  }
}

void append_as_json(std::string& out, const cell& value) {
  if (value.form == cell_form::json) {
    append_compact_json(out, value.text);
  } else if (value.form == cell_form::escaped) {
    out += '"';
    append_json_string(out, value.text);
    out += '"';
  } else if (value.type == column_type::string
             || value.type == column_type::timestamp) {
    if (value.form == cell_form::text) {
      out += encode_json_string(value.text);
    } else {
      out += '"';
      out += value.text;
      out += '"';
    }
  } else if (value.type == column_type::boolean) {
    out += value.text;
  } else {
    append_json_number(out, value.text);
  }
}

} // namespace motorcade
