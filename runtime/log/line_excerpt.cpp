#include "runtime/log/line_excerpt.hpp"

#include "runtime/log/shown_text.hpp"
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
constexpr size_t searched_behind = (4u << 10) + secret_mask::longest_spelling;

bool may_hold_config(std::string_view text) {
  auto has = [&](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  };
  return find_connector_config(text) != std::string_view::npos || has("onfig\"")
         || has("onfig'") || has("onfig\\");
}

} // namespace

std::string mask_by_value_and_key(std::string_view text) {
  return mask_secrets(mask_secret_values(text));
}

std::string make_line_excerpt(std::string_view line, size_t at,
                              uint64_t bytes) {
  const auto is_head = bytes > line.size();
  at = std::min(at, line.size());
  if (is_head)
    at = std::min(at, without_doubtful_end(line).size());
  const auto begin = at > searched_before ? at - searched_before : 0;
  const auto end = std::min(at + searched_behind, line.size());
  const auto region = line.substr(begin, end - begin);
  if (may_hold_config(line) || may_hold_config(clean_log_text(region)))
    return "(not shown: it may hold a connector's config)";
  // Secrets may have escape sequences within them, and be parts of such.
  auto hide = [](std::string_view part) {
    return mask_secret_values(clean_and_mask(part));
  };
  const auto text = hide(region);
  // The approximate place of the fault in the text that is left.
  const auto middle =
      std::min(hide(line.substr(begin, at - begin)).size(), text.size());
  // Where the region was cut it may begin or end with half a secret.
  auto from = middle > excerpt_before ? middle - excerpt_before : 0;
  auto to = std::min(middle + excerpt_behind, text.size());
  if (begin > 0)
    from = std::max(from, secret_mask::longest_spelling);
  if (is_head || end < line.size())
    to = std::min(to, without_doubtful_end(text).size());
  if (from > to)
    return "(not shown: it may be half a secret)";
  from = character_start(text, from);
  to = character_start(text, to);
  auto out = text.substr(from, to - from);
  for (auto& c : out)
    if (static_cast<unsigned char>(c) < 0x20)
      c = ' ';
  return out;
}

} // namespace motorcade
