#pragma once

#include <chrono>
#include <set>
#include <sys/types.h>

namespace motorcade {

/// Makes this process the parent of whatever its children leave behind, from
/// now on (PR_SET_CHILD_SUBREAPER).
void adopt_strays();

/// Kills and buries all children of this process but for some, and what those
/// leave behind.
/// @param kept Children that are no strays.
/// @param patience How long to wait for their ends.
/// @returns whether nothing is left.
bool end_strays(const std::set<pid_t>& kept,
                std::chrono::milliseconds patience);

} // namespace motorcade
