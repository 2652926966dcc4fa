#pragma once

#include "schema/log/log_level.hpp"

#include <fmt/core.h>

namespace motorcade::log {

/// Writes a line of our own log, if its level is wanted. Safe from any thread.
///
/// The functions below are for everyday use. They are here, and not spdlog's,
/// because a file that calls spdlog takes 2.5 s more to compile.
void write(log_level level, fmt::string_view format, fmt::format_args args);

/// Writes a line of a level that is known only when it is written.
template <class... T>
void write_at(log_level level, fmt::format_string<T...> format,
              const T&... args) {
  write(level, format, fmt::make_format_args(args...));
}

/// Writes a line for those who look for a fault.
template <class... T>
void debug(fmt::format_string<T...> format, const T&... args) {
  write(log_level::debug, format, fmt::make_format_args(args...));
}

/// Writes a line that tells how things go.
template <class... T>
void info(fmt::format_string<T...> format, const T&... args) {
  write(log_level::info, format, fmt::make_format_args(args...));
}

/// Writes a line that a person should look at some time.
template <class... T>
void warn(fmt::format_string<T...> format, const T&... args) {
  write(log_level::warn, format, fmt::make_format_args(args...));
}

/// Writes a line that says what failed.
template <class... T>
void error(fmt::format_string<T...> format, const T&... args) {
  write(log_level::error, format, fmt::make_format_args(args...));
}

/// Writes a line that says why the program ends.
template <class... T>
void critical(fmt::format_string<T...> format, const T&... args) {
  write(log_level::fatal, format, fmt::make_format_args(args...));
}

} // namespace motorcade::log
