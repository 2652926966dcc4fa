#include "runtime/destination/sqlite/sqlite_rows.hpp"

#include <charconv>
#include <cstring>
#include <optional>
#include <string>

namespace motorcade {

namespace {

/// @returns the number of a floating column that is written as an integer of 64
/// bits, which keeps all of its digits: a column of doubles makes it floating
/// by itself, one of the affinity NUMERIC does not.
std::optional<int64_t> whole_number(std::string_view text) {
  int64_t out = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out);
  return rest == end && error == std::errc{} ? std::optional{out}
                                             : std::nullopt;
}

template <class Number>
Number parse(std::string_view text) {
  Number out = 0;
  // A number that is too small for a double stays 0.
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

template <class Number>
void append_number(wire_buffer& out, sqlite_value_kind kind, Number value) {
  auto* to = out.room(1 + sizeof value);
  *to = static_cast<char>(kind);
  std::memcpy(to + 1, &value, sizeof value);
  out.use(1 + sizeof value);
}

template <class Number>
Number take_number(std::string_view& from) {
  Number out = 0;
  std::memcpy(&out, from.data(), sizeof out);
  from.remove_prefix(sizeof out);
  return out;
}

void append_text(wire_buffer& out, std::string_view text) {
  append_number(out, sqlite_value_kind::text, uint64_t{text.size()});
  out.append(text);
}

} // namespace

void sqlite_rows::put(wire_buffer& out, const cell& value) {
  switch (value.type) {
  case column_type::boolean:
    append_number(out, sqlite_value_kind::boolean,
                  int64_t{value.text == "true"});
    return;
  case column_type::integer:
    append_number(out, sqlite_value_kind::integer, parse<int64_t>(value.text));
    return;
  case column_type::floating:
    if (const auto whole = whole_number(value.text))
      append_number(out, sqlite_value_kind::integer, *whole);
    else
      append_number(out, sqlite_value_kind::real, parse<double>(value.text));
    return;
  case column_type::string:
  case column_type::timestamp:
  case column_type::json:
    break;
  }
  if (value.form != cell_form::escaped) {
    append_text(out, value.text);
    return;
  }
  decoded_.clear();
  append_decoded(decoded_, value.text);
  append_text(out, decoded_);
}

void sqlite_rows::put_null(wire_buffer& out) {
  out.append(static_cast<char>(sqlite_value_kind::null));
}

sqlite_value sqlite_row_reader::next() {
  sqlite_value out;
  out.kind = static_cast<sqlite_value_kind>(rest_.front());
  rest_.remove_prefix(1);
  switch (out.kind) {
  case sqlite_value_kind::null:
    break;
  case sqlite_value_kind::boolean:
  case sqlite_value_kind::integer:
    out.integer = take_number<int64_t>(rest_);
    break;
  case sqlite_value_kind::real:
    out.real = take_number<double>(rest_);
    break;
  case sqlite_value_kind::text: {
    const auto size = take_number<uint64_t>(rest_);
    out.text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    break;
  }
  }
  return out;
}

} // namespace motorcade
