#include "runtime/base/log.hpp"

#include "runtime/base/spdlog_level.hpp"

#include <spdlog/spdlog.h>

namespace motorcade::log {

void write(log_level level, fmt::string_view format, fmt::format_args args) {
  auto* logger = spdlog::default_logger_raw();
  const auto to = to_spdlog(level);
  if (!logger->should_log(to))
    return;
  const auto text = fmt::vformat(format, args);
  logger->log(to, spdlog::string_view_t{text});
}

} // namespace motorcade::log
