#include "schema/catalog/bulker_name.hpp"

#include "schema/base/letters.hpp"
#include "schema/base/utf8.hpp"

#include <cstddef>

namespace motorcade {

namespace {

constexpr size_t longest_name = 63;

bool is_kept(char32_t c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == ' '
         || c == '$' || c == '-';
}

} // namespace

std::string bulker_table_name(std::string_view name) {
  std::string out;
  bool kept = true;
  for (auto rest = name; !rest.empty();) {
    auto before = rest;
    if (is_kept(take_code_point(rest))) {
      out += before.substr(0, before.size() - rest.size());
      kept = true;
    } else {
      if (kept)
        out += '_';
      kept = false;
    }
  }
  // Bulker then uses a hash of the whole name.
  if (out == "_" && name != "_")
    return "table_ of " + std::string{name};
  return std::string{cut_bytes(out, longest_name)};
}

} // namespace motorcade
