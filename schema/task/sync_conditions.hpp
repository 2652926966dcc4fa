#pragma once

#include <string_view>

namespace motorcade {

/// The condition of syncs that fail, since their last run did, or missed some
/// of what it should have brought: they have an index of their own.
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
