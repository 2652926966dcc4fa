#include "runtime/log/withheld_lines.hpp"

#include "schema/log/log_line_level.hpp"

namespace motorcade {

namespace {

/// @returns whether a line is words that are not indented, without the
/// characters of a notation for data.
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

} // namespace motorcade
