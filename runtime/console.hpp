#pragma once

#include "runtime/slab_parser.hpp"
#include "schema/failure_reason.hpp"
#include "schema/log_level.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// Sets up spdlog to write to stderr, together with the live progress line.
/// Call once, before the first thread.
void start_console(log_level level);

/// Shows lines of the connector on stderr, as far as their level is that of the
/// console.
void show_lines(const log_batch& lines);

/// @returns whether stderr is a terminal.
bool console_is_terminal();

/// Replaces the live line at the bottom of the terminal; empty: none. Log lines
/// are written above it.
void show_live_line(std::string_view line);

/// Registers a text that must never be shown; log lines have it masked.
void keep_secret(std::string secret);

/// @returns `text` with every registered secret replaced by `***`.
std::string mask_secrets(std::string text);

/// @returns the reason with every registered secret in its texts replaced.
failure_reason mask_secrets(failure_reason reason);

} // namespace motorcade
