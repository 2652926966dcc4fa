#pragma once

#include "schema/failure_reason.hpp"

#include <optional>

namespace motorcade {

/// The reason among many that a task, or a stream, is said to have failed for.
///
/// Connectors tell of one cause several times, of its consequences, and of each
/// stream. The first config_error is what somebody has to put right; else the
/// first error with a message of its own is the likely cause; else the first
/// one.
class headline_reason {
public:
  /// Notes a reason; reasons are told in the order in which they came.
  void add(const failure_reason& reason);

  /// @returns the headline; nothing: no reason was told.
  const std::optional<failure_reason>& get() const { return best_; }

private:
  std::optional<failure_reason> best_;
};

} // namespace motorcade
