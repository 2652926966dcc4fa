#pragma once

#include "schema/log/stack_trace.hpp"

#include <string_view>

namespace motorcade {

/// Picks the lines that say what went wrong: of a stack trace those that name
/// the error and its causes, not its frames, its program lines and what a
/// runtime prints behind it.
class telling_lines {
public:
  /// Takes the next line of one pipe, or a whole message of several lines.
  /// @returns whether it says what went wrong.
  bool take(std::string_view line);

private:
  stack_trace trace_;
  /// Within Python's `Traceback`, before the line that names the exception.
  bool in_traceback_ = false;
};

} // namespace motorcade
