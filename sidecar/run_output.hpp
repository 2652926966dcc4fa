#pragma once

#include "actors/sync/protocol.hpp"
#include "config/settings.hpp"

#include <string>

namespace motorcade {

/// Prints what became of a read: a table of its streams, then the task's own
/// end. Secrets are masked.
void print_result(const task_result& outcome, const sidecar_settings& settings);

/// Prints JSON: indented where a person reads it, byte for byte as it came
/// where a program does.
void print_document(const std::string& document);

/// @returns whether a check failed and its connector did not say why.
bool fails_wordlessly(const task_result& outcome);

/// Prints the answer that a check's connector did not give: FAILED, and why.
void print_failed_check(const task_result& outcome);

} // namespace motorcade
