#include "runtime/log/shown_text.hpp"

#include "runtime/log/line_excerpt.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/base/counted.hpp"
#include "schema/base/utf8.hpp"
#include "schema/secrets/cited_config.hpp"
#include "schema/secrets/secret_text.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

line_head head_of_line(std::string_view line, uint64_t bytes) {
  // Cleaning removes escape sequences, so that a line full of them must be read
  // further to fill the head.
  constexpr size_t most_looked_at = 16 * longest_head;
  line_head out;
  auto part = line.substr(0, longest_head);
  for (;;) {
    out.text = clean_log_text(part);
    if (out.text.size() >= longest_head || part.size() == line.size()
        || part.size() >= most_looked_at)
      break;
    part = line.substr(0, 2 * part.size());
  }
  out.more = bytes - std::min<uint64_t>(part.size(), bytes);
  if (out.more > 0 || out.text.size() > longest_log_text)
    out.text = mask_line("source", out.text);
  return out;
}

std::string_view without_doubtful_end(std::string_view masked) {
  const auto doubtful = std::min(secret_mask::longest_spelling, masked.size());
  return cut_bytes(masked, masked.size() - doubtful);
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

std::string shown_text(line_head head, withheld_lines& withheld, bool mixed) {
  auto& text = head.text;
  if (withheld.take(text))
    return "(" + counted(text.size() + head.more, "byte", "is", "are")
           + " not shown: they may be the rest of a connector's "
             "config)";
  auto config = find_connector_config(text);
  if (config != std::string_view::npos)
    withheld.begin(text, config);
  if (head.more > 0) {
    const auto shown = without_doubtful_end(text).size();
    head.more += text.size() - shown;
    text.resize(shown);
    if (config >= shown)
      config = std::string_view::npos;
  }
  if (config != std::string_view::npos || mixed)
    text = hide_secrets_of_text(text, config, mixed);
  return text.size() > longest_log_text || head.more > 0
             ? cut_log_text(text, head.more)
             : std::move(text);
}

} // namespace motorcade
