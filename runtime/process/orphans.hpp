#pragma once

#include <chrono>
#include <set>
#include <sys/types.h>

namespace motorcade {

/// Makes this process, from now on, the parent of orphans: processes that its
/// children leave behind (PR_SET_CHILD_SUBREAPER).
void adopt_orphans();

/// Kills and reaps all children of this process except `kept`, and the orphans
/// that they leave.
/// @param kept Children that are no orphans.
/// @param patience The longest wait until all of them have ended.
/// @returns whether nothing is left.
bool end_orphans(const std::set<pid_t>& kept,
                 std::chrono::milliseconds patience);

} // namespace motorcade
