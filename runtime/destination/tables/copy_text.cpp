#include "runtime/destination/tables/copy_text.hpp"

namespace motorcade {

namespace {

/// Escapes the characters that have a meaning for COPY; NUL, which no text of
/// Postgres holds, is left out.
void append_escaped(wire_buffer& out, std::string_view text) {
  auto* const begin = out.room(2 * text.size());
  auto* to = begin;
  for (const char c : text) {
    char escape = 0;
    switch (c) {
    case '\\':
      escape = '\\';
      break;
    case '\t':
      escape = 't';
      break;
    case '\n':
      escape = 'n';
      break;
    case '\r':
      escape = 'r';
      break;
    case '\0':
      continue;
    default:
      *to++ = c;
      continue;
    }
    *to++ = '\\';
    *to++ = escape;
  }
  out.use(static_cast<size_t>(to - begin));
}

} // namespace

void copy_text::put(wire_buffer& out, const cell& value) {
  separate(out);
  if (numeric_booleans_ && value.type == column_type::boolean) {
    out.append(value.text == "true" ? '1' : '0');
    return;
  }
  switch (value.form) {
  case cell_form::plain:
  case cell_form::digits:
    out.append(value.text);
    break;
  case cell_form::escaped:
    decoded_.clear();
    append_decoded(decoded_, value.text);
    append_escaped(out, decoded_);
    break;
  case cell_form::text:
  case cell_form::json:
    append_escaped(out, value.text);
    break;
  }
}

void copy_text::put_null(wire_buffer& out) {
  separate(out);
  out.append("\\N");
}

} // namespace motorcade
