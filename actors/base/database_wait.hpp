#pragma once

#include "actors/base/caf_port.hpp"
#include "schema/base/result.hpp"

namespace motorcade {

/// How long whoever writes to a database that is away waits between the tries:
/// a quarter of a second, then twice as long each time, two seconds at most.
/// The log is told once that it went, and once that it is back.
class database_wait {
public:
  /// A try failed.
  /// @returns when to try again.
  caf::timespan after(const failure& reason);

  /// A try succeeded, or was refused, which an answer is.
  void end();

  /// @returns whether the last try failed.
  bool is_on() const { return pause_ != caf::timespan{}; }

private:
  caf::timespan pause_{};
};

} // namespace motorcade
