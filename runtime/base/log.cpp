#include "runtime/base/log.hpp"

#include <spdlog/spdlog.h>

namespace motorcade::log {

namespace {

spdlog::level::level_enum to_spdlog(log_level level) {
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

} // namespace

void write(log_level level, fmt::string_view format, fmt::format_args args) {
  auto* logger = spdlog::default_logger_raw();
  const auto to = to_spdlog(level);
  if (!logger->should_log(to))
    return;
  const auto text = fmt::vformat(format, args);
  logger->log(to, spdlog::string_view_t{text});
}

} // namespace motorcade::log
