#include "runtime/log/line_excerpt.hpp"

#include "runtime/log/stderr_log.hpp"
#include "schema/base/counted.hpp"
#include "schema/base/utf8.hpp"
#include "schema/log/log_text.hpp"
#include "schema/secrets/cited_config.hpp"
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

std::string mask_all(std::string_view text) {
  return mask_secrets(mask_secret_values(text));
}

} // namespace

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
  auto text = mask_all(region);
  // About where the fault is in what is left.
  auto middle =
      std::min(mask_all(region.substr(0, at - begin)).size(), text.size());
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

std::string clean_head_of(std::string_view line) {
  auto out = clean_log_text(line.substr(0, longest_head));
  return line.size() > longest_log_text ? mask_line("source", out) : out;
}

std::string hide_secrets_of_text(std::string_view text, size_t config,
                                 bool mixed) {
  if (config == std::string_view::npos)
    return mixed ? mask_all(text) : std::string{text};
  if (auto masked = mask_cited_config(text))
    return mask_all(*masked);
  auto shown = text.substr(0, config);
  auto out = mixed ? mask_all(shown) : std::string{shown};
  out += "… (" + counted(text.size() - config, "byte", "is", "are")
         + " not shown: they may hold a connector's config)";
  return out;
}

} // namespace motorcade
