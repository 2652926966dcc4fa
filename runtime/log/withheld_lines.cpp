#include "runtime/log/withheld_lines.hpp"

#include "runtime/log/line_excerpt.hpp"
#include "schema/base/counted.hpp"
#include "schema/log/log_line_level.hpp"
#include "schema/secrets/secret_text.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// Some words that are not indented, and nothing of a notation for data.
bool is_prose(std::string_view line) {
  return line.find_first_of(" \t") != 0
         && line.find_first_of("\"'{}[]=:\\") == std::string_view::npos
         && line.find(' ') != std::string_view::npos;
}

} // namespace

bool withheld_lines::begin(std::string_view line, size_t at) {
  open_config begun;
  begun.begin(line, at);
  if (begun.ended())
    return false;
  config_ = begun;
  left_ = longest_rest;
  logger_spoke_ = false;
  return true;
}

bool withheld_lines::is_rest(std::string_view line) {
  --left_;
  if (begins_log_line(line) && stands_alone(line)) {
    logger_spoke_ = true;
    return false;
  }
  if (logger_spoke_ && (is_trace_line(line) || is_prose(line)))
    return false;
  config_.read(line);
  if (config_.ended())
    left_ = 0;
  return true;
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
