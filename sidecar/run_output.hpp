#pragma once

#include "actors/sync/sidecar_actors.hpp"
#include "config/settings.hpp"

#include <string>

namespace motorcade {

/// Prints the result of a read: a table of its streams, then the task's own
/// end. Secrets are masked.
void print_result(const task_result& outcome, const sidecar_settings& settings);

/// Prints JSON: indented on a terminal, else byte for byte as it came.
/// @returns what kept it from being written.
result<void> print_document(const std::string& document);

/// @returns whether a check failed without a message of its connector.
bool is_check_without_answer(const task_result& outcome);

/// Prints an answer for a check whose connector gave none: FAILED, and the
/// reason. @returns as above.
result<void> print_failed_check(const task_result& outcome);

} // namespace motorcade
