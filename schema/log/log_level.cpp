#include "schema/log/log_level.hpp"

#include "schema/base/ascii.hpp"

#include <array>
#include <utility>

namespace motorcade {

namespace {

using spelling = std::pair<std::string_view, log_level>;

// In the order of the enumerators, then what is understood besides.
constexpr std::array<spelling, 8> spellings = {{
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
  return spellings.at(static_cast<size_t>(level)).first;
}

bool from_string(std::string_view text, log_level& level) {
  for (const auto& [name, value] : spellings)
    if (equal_ignoring_case(name, text)) {
      level = value;
      return true;
    }
  return false;
}

} // namespace motorcade
