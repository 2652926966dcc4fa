#include "runtime/destination/tables/column_names.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/hex.hpp"
#include "schema/base/letters.hpp"
#include "schema/base/utf8.hpp"

#include <algorithm>
#include <cstdint>

namespace motorcade {

namespace {

bool may_stand(char32_t code) {
  if (code < 0x80)
    return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z')
           || (code >= '0' && code <= '9') || code == '_' || code == ' '
           || code == '$' || code == '-';
  return is_letter(code);
}

std::string hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes += static_cast<char>(hash >> shift);
  return to_hex(bytes);
}

std::string make_name(std::string_view from, size_t max_bytes, bool same_case,
                      std::string_view kind) {
  std::string out;
  bool in_run = false;
  for (auto rest = from; !rest.empty() && out.size() <= max_bytes;) {
    const auto before = rest;
    const auto stands = may_stand(take_code_point(rest));
    if (stands)
      out += before.substr(0, before.size() - rest.size());
    else if (!in_run)
      out += '_';
    in_run = !stands;
  }
  if (out.empty() || out == "_")
    out = std::string{kind} + '_' + hash_of(from);
  out.resize(cut_bytes(out, max_bytes).size());
  return same_case ? ascii_lower(out) : out;
}

} // namespace

std::string make_column_name(std::string_view path, size_t max_bytes,
                             bool same_case) {
  return make_name(path, max_bytes, same_case, "column");
}

std::string make_column_name(std::string_view path,
                             const table_dialect& dialect, bool same_case) {
  auto out = make_column_name(path, dialect.max_name_bytes, same_case);
  if (dialect.fit_name != nullptr)
    out = dialect.fit_name(std::move(out));
  const auto folded = dialect.fold(out);
  const auto is_taken = [&](std::string_view taken) {
    return folded == dialect.fold(taken);
  };
  const auto& taken = dialect.taken_names;
  return std::any_of(taken.begin(), taken.end(), is_taken) ? '_' + out : out;
}

std::string make_table_name(std::string_view name, size_t max_bytes,
                            bool same_case) {
  return make_name(name, max_bytes, same_case, "table");
}

} // namespace motorcade
