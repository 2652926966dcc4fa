#pragma once

#include "runtime/log/log_batch.hpp"
#include "schema/log/telling_lines.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// Makes foreign text fit to be stored as a reason: without secrets and escape
/// sequences, in UTF-8, and of a long one the head and the tail.
std::string fit_for_reason(std::string_view text);

/// Keeps the last lines of a connector's log that may explain its end. Of a
/// stack trace it keeps the line that names the error.
class last_words {
public:
  /// Takes lines of log that came on stdout.
  void add(const log_batch& lines);

  /// Takes lines of stderr.
  void add_stderr(const log_batch& lines);

  /// @returns the last line of level ERROR or above; empty: none.
  const std::string& error() const { return error_; }

  /// @returns the last line of stderr above INFO; empty: none.
  const std::string& on_stderr() const { return stderr_; }

private:
  telling_lines out_;
  telling_lines err_;
  std::string error_;
  std::string stderr_;
};

} // namespace motorcade
