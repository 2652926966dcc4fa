#include "runtime/destination/tables/column_names.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/letters.hpp"

#include <algorithm>
#include <cstdint>

namespace motorcade {

namespace {

bool may_stand(uint32_t code) {
  if (code < 0x80)
    return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z')
           || (code >= '0' && code <= '9') || code == '_' || code == ' '
           || code == '$' || code == '-';
  return is_letter(code);
}

/// Reads one character. @returns its bytes; 1 for what is no UTF-8.
size_t read_code(std::string_view text, uint32_t& code) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  code = size == 1 ? lead : lead & (0x7Fu >> size);
  if (size > text.size() || (lead >= 0x80 && lead < 0xC2)) {
    code = 0xFFFD;
    return 1;
  }
  for (size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) {
      code = 0xFFFD;
      return 1;
    }
    code = code << 6 | (next & 0x3Fu);
  }
  return size;
}

std::string hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4)
    out += "0123456789abcdef"[hash >> shift & 15];
  return out;
}

std::string make_name(std::string_view from, size_t max_bytes, bool same_case,
                      std::string_view kind) {
  std::string out;
  bool in_run = false;
  for (auto rest = from; !rest.empty();) {
    uint32_t code = 0;
    const auto size = read_code(rest, code);
    if (may_stand(code))
      out += rest.substr(0, size);
    else if (!in_run)
      out += '_';
    in_run = !may_stand(code);
    rest.remove_prefix(size);
  }
  if (out.empty() || out == "_")
    out = std::string{kind} + '_' + hash_of(from);
  out.resize(cut_text(out, max_bytes).size());
  return same_case ? ascii_lower(out) : out;
}

} // namespace

std::string_view cut_text(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes)
    return text;
  auto end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  return text.substr(0, end);
}

std::string make_column_name(std::string_view path, size_t max_bytes,
                             bool same_case) {
  return make_name(path, max_bytes, same_case, "column");
}

std::string make_column_name(std::string_view path,
                             const table_dialect& dialect, bool same_case) {
  auto out = make_column_name(path, dialect.max_name_bytes, same_case);
  const auto is_taken = [&](std::string_view taken) {
    return dialect.ignores_case ? equal_ignoring_case(out, taken)
                                : out == taken;
  };
  const auto& taken = dialect.taken_names;
  return std::any_of(taken.begin(), taken.end(), is_taken) ? '_' + out : out;
}

std::string make_table_name(std::string_view name, size_t max_bytes,
                            bool same_case) {
  return make_name(name, max_bytes, same_case, "table");
}

} // namespace motorcade
