#pragma once

#include "schema/log/log_level.hpp"

#include <spdlog/common.h>

namespace motorcade {

/// @returns the name that spdlog has for a level.
inline spdlog::level::level_enum to_spdlog(log_level level) {
  switch (level) {
  case log_level::trace:
    return spdlog::level::trace;
  case log_level::debug:
    return spdlog::level::debug;
  case log_level::info:
    return spdlog::level::info;
  case log_level::warn:
    return spdlog::level::warn;
  case log_level::error:
    return spdlog::level::err;
  case log_level::fatal:
    return spdlog::level::critical;
  }
  return spdlog::level::info;
}

} // namespace motorcade
