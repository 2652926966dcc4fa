#pragma once

#include "runtime/log/log_batch.hpp"
#include "schema/lines/message.hpp"
#include "schema/log/log_level.hpp"
#include "schema/task/failure_reason.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// Sets up spdlog to write to stderr, together with the live progress line.
/// Call once, before the first thread.
void start_stderr_log(log_level level);

/// Shows lines of the connector on stderr, as far as LOG_LEVEL lets them pass.
void show_lines(const log_batch& lines);

/// @returns whether stderr is a terminal.
bool stderr_is_terminal();

/// Replaces the live line at the bottom of the terminal; empty: none. Log lines
/// are written above it.
void show_live_line(std::string_view line);

/// Shows the lines that `show_lines` holds back because they may repeat a stack
/// trace.
void flush_lines();

/// Registers a secret of our own: a text that must never be shown.
void keep_secret(const std::string& secret);

/// Registers the secrets of the config that the connector began with: see
/// `find_config_secrets`. They stay as long as this process; if they do not
/// fit, every text is withheld.
/// @param spec The connector's spec; empty: not known.
void keep_config_secrets(std::string_view config, std::string_view spec);

/// Registers the secrets of a config that the connector sent. They stay until
/// the next is sent, and then while there is room.
void keep_changed_config_secrets(std::string_view config,
                                 std::string_view spec);

/// Sets MASK_LOGS: whether the secrets of a config are masked in the
/// connector's own lines, too. By default they are.
void mask_connector_lines(bool on);

/// @returns `text` with every registered secret, in all the forms that
/// `secret_mask` knows, replaced by `***`.
std::string mask_secrets(std::string text);

/// @returns foreign text fit for the log (`clean_log_text`), with every
/// registered secret replaced, escape sequences within it or not.
std::string clean_and_mask(std::string_view text);

/// @returns the reason with every registered secret in its texts, and in the
/// name of its stream, replaced.
failure_reason mask_secrets(failure_reason reason);

/// The same for an error of a connector. Before `to_failure_reason`, which cuts
/// its texts: half a secret would not be known any more.
error_trace mask_secrets(error_trace error);

/// @returns a document of JSON with every registered secret in its texts
/// replaced; one without a secret stays byte for byte as it is.
std::string mask_document(std::string document);

/// @returns a line of a log as it may be shown and stored.
/// @param logger The program that wrote it: see `log_batch::logger`.
std::string mask_line(std::string_view logger, std::string_view text);

} // namespace motorcade
