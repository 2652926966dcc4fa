#pragma once

#include "actors/protocol.hpp"
#include "config/settings.hpp"

#include <string>

namespace motorcade {

/// Prints what became of a read: a table of its streams, then the task's own
/// end. Secrets are masked.
void print_result(const task_result& outcome, const sidecar_settings& settings);

/// Prints JSON: indented where a person reads it, byte for byte as it came
/// where a program does.
void print_document(const std::string& document);

} // namespace motorcade
