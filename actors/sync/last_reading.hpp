#pragma once

#include "actors/session/read_session.hpp"

#include <optional>
#include <string>

namespace motorcade {

/// Leads the last reading of a connector's output, once it is decided that the
/// reading ends although the connector has not ended it: what is in the pipes
/// by then is read like everything before.
class last_reading {
public:
  /// What is due next.
  enum class step : uint8_t {
    wait,
    /// Ask the connector to end (SIGTERM).
    end_connector,
    /// End it for good (SIGKILL).
    kill_connector,
    /// Have the readers take what is there, and close the pipes.
    stop_readers,
    /// Go on without what has not been read.
    give_up,
  };

  /// @param ends_connector Whether the connector can be ended from here: then
  /// the pipes are read to their end, or else as far as they are filled.
  /// @param grace The longest time for all of it.
  last_reading(bool ends_connector, session_time grace, session_time now);

  /// @returns what is due; each step is returned once, and late ones of several
  /// in their order. To be called until it returns `wait`, about once a second.
  step next(session_time now);

  /// Skips the end of the connector: the readers stop with the next step.
  void hurry(session_time now);

private:
  step due_ = step::end_connector;
  session_time kill_at_;
  session_time stop_at_;
  session_time give_up_at_;
};

/// The end of a read, decided and not yet carried out.
struct decided_end {
  session_end why = session_end::source_ended;
  std::optional<int> exit_code;
  /// In words, see `read_session::end`.
  std::string reason;
};

} // namespace motorcade
