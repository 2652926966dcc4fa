#pragma once

#include "actors/session/session_end.hpp"

#include <cstdint>
#include <functional>

namespace motorcade {

/// Leads the last reading of a connector's output, after a decision to stop
/// reading while the connector still runs: what is in the pipes by then is read
/// like everything before.
class last_reading {
public:
  /// Functions that the last reading calls.
  struct callbacks {
    /// Sends the connector a signal; not called unless `ends_connector`.
    std::function<void(int)> signal_connector;
    /// Has the readers take what is there, and close the pipes.
    std::function<void()> stop_readers;
  };

  /// @param ends_connector Whether the connector can be ended from here. If so,
  /// the pipes are read until the connector closes them; otherwise only what
  /// they hold now is read.
  /// @param grace The longest time for all of it.
  last_reading(callbacks with, bool ends_connector, session_time grace,
               session_time now);

  /// Carries out all steps whose time has come, in their order. To be called
  /// about once a second.
  /// @returns true once the time is over: what has not been read is given up.
  bool carry_out(session_time now);

  /// Skips the end of the connector: the readers stop with the next step.
  void hurry(session_time now);

private:
  /// The steps in their order.
  enum class step : uint8_t {
    /// SIGTERM.
    end_connector,
    /// SIGKILL.
    kill_connector,
    stop_readers,
    give_up,
  };

  callbacks with_;
  step due_;
  session_time kill_at_;
  session_time stop_at_;
  session_time give_up_at_;
};

} // namespace motorcade
