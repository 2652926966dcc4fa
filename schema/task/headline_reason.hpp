#pragma once

#include "schema/task/failure_reason.hpp"

#include <optional>

namespace motorcade {

/// Chooses one reason among many: the headline of a failed task or stream.
///
/// Connectors tell of one cause several times, of its consequences, and of each
/// stream. The first config_error names what a person has to put right; else
/// the first error with a message of its own is the likely cause; else the
/// first one.
class headline_reason {
public:
  /// Takes the next reason; call it in the order in which the reasons came.
  void add(const failure_reason& reason);

  /// @returns the headline; nothing: no reason was added.
  const std::optional<failure_reason>& get() const { return best_; }

private:
  std::optional<failure_reason> best_;
};

} // namespace motorcade
