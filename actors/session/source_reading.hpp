#pragma once

#include "actors/session/last_reading.hpp"
#include "actors/session/session_end.hpp"
#include "actors/session/source_watch.hpp"
#include "schema/log/log_level.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// The end of a reading: why no more of the connector's output is read.
struct decided_end {
  session_end why = session_end::source_ended;
  /// The connector's exit code, if it is known.
  std::optional<int> exit_code;
  /// In words, see `read_session::end`.
  std::string reason;
};

/// Knows how far the reading of a connector's output is, and when it is over:
/// because the connector has ended, or because an end was decided and what was
/// in the pipes by then is read.
///
/// A plain class without threads and clocks: it is told what came and what time
/// it is. Each call that can end the reading returns the end, once.
class source_reading {
public:
  /// Functions that the reading calls, from within its methods.
  struct callbacks {
    /// Sends the connector a signal; empty: it cannot be reached.
    std::function<void(int)> signal_connector;
    /// Has the readers take what is in the pipes, and close these.
    std::function<void()> stop_readers;
    /// Has `look` called 50 ms later. Not called again before that.
    std::function<void()> look_later;
    /// Writes a line into the task's log.
    std::function<void(log_level, std::string_view)> log;
  };

  /// Where the exit code is found, and the longest waits.
  struct limits {
    /// Empty: the connector's exit code is not known.
    std::string exit_code_file;
    /// The longest wait for the exit code after both pipes ended.
    session_time exit_code_timeout{};
    /// The longest time between the decision to end and the end.
    session_time grace{};
  };

  using end = std::optional<decided_end>;

  /// @param with Must outlive this, as far as its functions refer to others.
  source_reading(callbacks with, limits within);

  /// Notes that the readers have been started.
  void begin();

  /// @returns whether slabs that arrive are still processed.
  bool takes_output() const {
    return at_ == stage::reading || at_ == stage::ending;
  }

  /// @returns whether it is read and no end is decided.
  bool is_under_way() const { return at_ == stage::reading; }

  /// @param taken The number of slabs of stdout that were handled in all.
  end on_slabs(uint64_t taken, session_time now);

  /// Takes note of the end of a pipe. A pipe that broke ends the reading.
  end on_pipe_end(const pipe_end& ended, session_time now);

  /// Ends if both pipes are done and the exit code is known.
  end look(session_time now);

  /// As `look`. Called 50 ms after `callbacks::look_later`.
  end look_again(session_time now);

  /// To be called about once a second: stops the readers of pipes that do not
  /// end though the connector did, and carries out what is due of a decided
  /// end.
  end on_tick(const source_watch::life_signs& signs, session_time now);

  /// Decides the end: what is in the pipes by now is read, then the reading is
  /// over. To be called only while it is under way.
  /// @param ends_connector Whether the connector is ended first, if it can be.
  end decide(decided_end why, session_time now, bool ends_connector = false);

  /// Ends the reading as cancelled. If an end is already under way, skips its
  /// waits.
  /// @param outranks_failures Whether the stop takes the place of a failure for
  /// which the end was decided before.
  end cancel(const std::string& reason, bool outranks_failures,
             session_time now);

  /// Ends the last reading though something may be left in the pipes.
  /// @returns the decided end.
  decided_end give_up();

  /// Ends the reading: output that comes from now on is not processed.
  void close() { at_ = stage::over; }

  /// @returns whether a pipe could not be read as the settings name it.
  bool has_wrong_setting() const { return wrong_setting_; }

  /// @returns whether the connector is known to have ended.
  bool connector_has_ended() const { return watch_.has_exit_code(); }

  /// @returns what is known of output that was not read; nothing if reading
  /// never began.
  unread_output left_behind() const;

private:
  enum class stage : uint8_t { idle, reading, ending, over };

  /// Carries out what is due of the last reading.
  end go_on(session_time now);

  /// Notes that the reading is over for this reason, and returns it.
  end over(decided_end why);

  callbacks with_;
  session_time grace_;
  source_watch watch_;
  std::optional<last_reading> last_;
  decided_end decided_;
  stage at_ = stage::idle;
  uint64_t slabs_taken_ = 0;
  bool begun_ = false;
  bool look_is_due_ = false;
  bool wrong_setting_ = false;
};

} // namespace motorcade
