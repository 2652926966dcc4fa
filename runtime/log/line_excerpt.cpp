#include "runtime/log/line_excerpt.hpp"

#include "runtime/log/stderr_log.hpp"
#include "schema/base/utf8.hpp"
#include "schema/log/log_text.hpp"
#include "schema/secrets/secret_text.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// Bytes of excerpt before and behind a fault.
constexpr size_t excerpt_before = 60;
constexpr size_t excerpt_behind = 60;

/// The bytes around the fault in which keys and secrets are looked for.
constexpr size_t searched_before = 64u << 10;
constexpr size_t searched_behind = 4u << 10;

} // namespace

std::string mask_by_value_and_key(std::string_view text) {
  return mask_secrets(mask_secret_values(text));
}

std::string make_line_excerpt(std::string_view line, size_t at) {
  auto has = [&](std::string_view word) {
    return line.find(word) != std::string_view::npos;
  };
  if (find_connector_config(line) != std::string_view::npos || has("onfig\"")
      || has("onfig'") || has("onfig\\"))
    return "(not shown: it may hold a connector's config)";
  at = std::min(at, line.size());
  auto begin = at > searched_before ? at - searched_before : 0;
  auto region = line.substr(begin, at - begin + searched_behind);
  auto text = mask_by_value_and_key(region);
  // The approximate place of the fault in the text that is left.
  auto middle = std::min(
      mask_by_value_and_key(region.substr(0, at - begin)).size(), text.size());
  auto from = middle > excerpt_before ? middle - excerpt_before : 0;
  auto to = std::min(middle + excerpt_behind, text.size());
  from = character_start(text, from);
  to = character_start(text, to);
  auto out = clean_log_text(std::string_view{text}.substr(from, to - from));
  for (auto& c : out)
    if (static_cast<unsigned char>(c) < 0x20)
      c = ' ';
  return out;
}

} // namespace motorcade
