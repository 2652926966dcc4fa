#include "schema/log/log_level.hpp"

#include "schema/base/ascii.hpp"

#include <array>
#include <utility>

namespace motorcade {

namespace {

using level_name = std::pair<std::string_view, log_level>;

// In the order of the enumerators, then what is understood besides.
constexpr std::array<level_name, 8> level_names = {{
    {"TRACE", log_level::trace},
    {"DEBUG", log_level::debug},
    {"INFO", log_level::info},
    {"WARN", log_level::warn},
    {"ERROR", log_level::error},
    {"FATAL", log_level::fatal},
    {"WARNING", log_level::warn},
    {"CRITICAL", log_level::fatal},
}};

} // namespace

std::string_view to_string(log_level level) {
  return level_names.at(static_cast<size_t>(level)).first;
}

bool from_string(std::string_view text, log_level& level) {
  for (const auto& [name, value] : level_names)
    if (equal_ignoring_case(name, text)) {
      level = value;
      return true;
    }
  return false;
}

} // namespace motorcade
