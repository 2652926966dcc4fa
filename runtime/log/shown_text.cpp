#include "runtime/log/shown_text.hpp"

#include "runtime/log/line_excerpt.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/base/counted.hpp"
#include "schema/secrets/cited_config.hpp"
#include "schema/secrets/secret_text.hpp"

namespace motorcade {

std::string clean_head_of(std::string_view line) {
  auto out = clean_log_text(line.substr(0, longest_head));
  return line.size() > longest_log_text ? mask_line("source", out) : out;
}

std::string hide_secrets_of_text(std::string_view text, size_t config,
                                 bool mixed) {
  if (config == std::string_view::npos)
    return mixed ? mask_by_value_and_key(text) : std::string{text};
  if (auto masked = mask_cited_config(text))
    return mask_by_value_and_key(*masked);
  auto shown = text.substr(0, config);
  auto out = mixed ? mask_by_value_and_key(shown) : std::string{shown};
  out += "… (" + counted(text.size() - config, "byte", "is", "are")
         + " not shown: they may hold a connector's config)";
  return out;
}

std::string shown_text(std::string clean, withheld_lines& withheld, bool mixed,
                       size_t more) {
  if (withheld.take(clean))
    return "(" + counted(clean.size() + more, "byte", "is", "are")
           + " not shown: they may be the rest of a connector's "
             "config)";
  auto config = find_connector_config(clean);
  if (config != std::string_view::npos)
    withheld.begin(clean, config);
  if (config != std::string_view::npos || mixed)
    clean = hide_secrets_of_text(clean, config, mixed);
  return clean.size() > longest_log_text || more > 0 ? cut_log_text(clean, more)
                                                     : clean;
}

} // namespace motorcade
