#pragma once

#include <string_view>

namespace motorcade {

/// A condition in SQL: the sync's last run failed or was PARTIAL. The table has
/// an index of the rows that meet it.
inline constexpr std::string_view failing_syncs =
    "\"last_status\" IN ('FAILED', 'PARTIAL')";

/// The condition of syncs that do not run by themselves, with an index of
/// their own, too.
inline constexpr std::string_view paused_syncs = "\"paused\" IS NOT NULL";

/// The condition of runs that have not ended, which have an index of their own:
/// of many runs few are active.
inline constexpr std::string_view active_stages =
    "\"status\" IN ('WAITING', 'DISCOVERING', 'READING')";

} // namespace motorcade
