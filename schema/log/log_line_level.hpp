#pragma once

#include "schema/log/log_level.hpp"
#include "schema/log/stack_trace.hpp"

#include <optional>
#include <string_view>

namespace motorcade {

/// @returns the level that a line of log names where loggers put it: as its
/// first word, behind a time, names and brackets (`2022-06-07 22:46:39 INFO`,
/// `root - INFO - `, `[main] WARN`), as `level=warn`, or in JSON, numbers of
/// pino, bunyan and syslog included. Words inside a sentence are none.
/// @param line Without escape sequences.
std::optional<log_level> find_named_level(std::string_view line);

/// @returns whether a line evidently is a logger's own, or begins a trace: it
/// is not indented, and a level, a date with a time or an exception stands at
/// its head, or it is JSON with a level.
/// @param line Without escape sequences.
bool begins_log_line(std::string_view line);

/// @returns whether a line by itself is one of a stack trace.
bool is_trace_line(std::string_view line);

/// Finds the levels of the lines of one pipe, in their order. A line that
/// continues another one, e.g. a part of a stack trace, has the level of the
/// line at its head.
class log_line_levels {
public:
  /// The level of a line, and where it was found.
  struct found_level {
    log_level level;
    /// The line continues a line of an earlier slab and has its level.
    bool of_earlier_line = false;
  };

  /// @param otherwise The level of a line that names none.
  explicit log_line_levels(log_level otherwise) : otherwise_{otherwise} {}

  /// @returns the level of the next line.
  /// @param line Without escape sequences; not blank.
  /// @param following The line behind it as it came, as far as it is known:
  /// java.util.logging writes time and place, and the level in a second line.
  found_level next(std::string_view line, std::string_view following = {}) {
    return next(line, following, false);
  }

  /// The same for a line that is a valid JSON object: it is not checked again.
  found_level next_object(std::string_view line) {
    return next(line, {}, true);
  }

  /// Notes a line whose level is known: later lines may continue it.
  void note(log_level level);

  /// @returns the level that a line would have that continues the last one;
  /// nothing: no line came yet.
  std::optional<log_level> head() const { return head_; }

private:
  /// The common part of `next` and `next_object`.
  /// @param object The line is known to be a valid JSON object.
  found_level next(std::string_view line, std::string_view following,
                   bool object);

  /// @returns the level of the head for a line that continues it.
  /// @param without_head The level if no line came yet.
  found_level continued(log_level without_head) const;

  /// Makes the line, which has this level, the head of those that follow.
  found_level begin(log_level level);

  log_level otherwise_;
  std::optional<log_level> head_;
  /// The head names its level, or is the head of a stack trace.
  bool head_is_sure_ = false;
  /// Within Python's `Traceback`, before the line that names the exception.
  bool in_traceback_ = false;
  /// The traceback is of an ExceptionGroup, in which names are indented, too.
  bool is_group_ = false;
  stack_trace trace_;
};

} // namespace motorcade
