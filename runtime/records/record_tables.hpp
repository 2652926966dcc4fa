#pragma once

#include <string_view>

namespace motorcade {

/// The table of tasks.
inline constexpr std::string_view task_table = "source_task";

/// The table of the lines that tasks log.
inline constexpr std::string_view log_table = "task_log";

/// A condition: the row's task or inquiry has not ended.
inline constexpr auto says_running = "\"status\" = 'RUNNING'";

} // namespace motorcade
