#pragma once

#include "actors/base/caf_port.hpp"
#include "schema/base/result.hpp"

namespace motorcade {

/// The backoff of a writer while the database is away: a quarter of a second,
/// then twice as long each time, two seconds at most. Logs the beginning and
/// the end of an outage once.
class database_wait {
public:
  /// Notes a failed try.
  /// @returns the pause before the next try.
  caf::timespan after(const failure& reason);

  /// Notes a try that succeeded, or was refused: the database answers.
  void end();

  /// @returns whether the last try failed.
  bool is_on() const { return pause_ != caf::timespan{}; }

private:
  caf::timespan pause_{};
};

} // namespace motorcade
