#pragma once

#include "schema/log/log_level.hpp"

#include <optional>
#include <string_view>

namespace motorcade {

/// @returns the level of an object of JSON, which may be broken: `level` and
/// its like as words or as numbers of pino, bunyan, Python or syslog.
std::optional<log_level> level_in_json(std::string_view object);

/// The same for an object that is known to be valid.
std::optional<log_level> level_in_valid_json(std::string_view object);

} // namespace motorcade
