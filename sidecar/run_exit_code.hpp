#pragma once

#include "actors/sync/sidecar_actors.hpp"

namespace motorcade {

/// @returns the exit code of `sidecar run`, so that a script can tell the
/// cause: 0 SUCCESS, or the task's own code if that could not be reported; 1
/// the check says FAILED, or the task is not SUCCESS for another reason; 2
/// wrong settings or files, or the time ran out; 3 the connector crashed: it
/// ended with an exit code other than 0, or without the answer that it was
/// asked for.
/// @param is_read Whether the command was read, which has no answer.
int run_exit_code(const task_result& outcome, bool is_read);

} // namespace motorcade
