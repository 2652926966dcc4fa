#pragma once

#include "actors/session/pipe_end.hpp"
#include "actors/session/session_end.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace motorcade {

/// Watches the end of a connector: both pipes, its exit code, and pipes that
/// were never opened or are held open.
class source_watch {
public:
  /// @param exit_code_file Empty: the exit code is not known.
  /// @param exit_code_timeout The longest wait for the exit code after both
  /// pipes ended.
  source_watch(std::string exit_code_file, session_time exit_code_timeout)
      : exit_code_file_{std::move(exit_code_file)},
        exit_code_timeout_{exit_code_timeout} {}

  /// Notes that a pipe was read to its end, or is read no more.
  void on_pipe_end(const pipe_end& end, session_time now);

  /// How far the connector has come to its end, and how it ended.
  struct finding {
    /// How far the end has come.
    enum class progress : uint8_t {
      under_way,
      /// Everything has been read; the exit code is still awaited.
      exit_code_due,
      over,
    };

    progress state = progress::under_way;
    /// `unknown_exit_code` if it never came; nothing if none is expected.
    std::optional<int> exit_code;
    /// For the log; empty: nothing is wrong.
    std::string complaint;
  };

  /// @param slabs_taken The number of slabs of stdout that were handled.
  finding look(uint64_t slabs_taken, session_time now);

  /// @returns whether both pipes are done and every slab was handled.
  /// @param slabs_taken The number of slabs of stdout that were handled.
  bool is_read(uint64_t slabs_taken) const {
    return out_end_ && err_end_ && slabs_taken >= out_end_->slabs;
  }

  /// @returns what is known of output that was not read.
  unread_output left_behind() const;

  /// @returns whether the connector is known to have ended.
  bool has_exit_code() const;

  /// Signs that the connector lives.
  struct life_signs {
    /// The time of its last line, or when its pipe was last full.
    session_time last_activity{};
    /// The number of lines so far.
    uint64_t stdout_lines = 0;
    bool heard_stderr = false;
    /// When its pipes were last full, since the window was.
    session_time blocked_at{};
  };

  /// The remedy for pipes that do not end.
  enum class remedy : uint8_t { none, stop_reading, stop_reading_and_report };

  /// Looks whether a pipe is stuck: no process ever opened it for writing, or a
  /// child of the connector holds it open after the connector's end. The owner
  /// calls this about once a second.
  /// @returns the remedy for such a pipe.
  remedy look_for_stuck_pipes(const life_signs& signs, session_time now);

private:
  const std::string exit_code_file_;
  const session_time exit_code_timeout_;
  std::optional<pipe_end> out_end_;
  std::optional<pipe_end> err_end_;
  session_time out_ended_at_{};
  session_time err_ended_at_{};
  session_time exit_code_at_{};
  uint64_t stdout_lines_ = 0;
  session_time stdout_line_at_{};
  session_time sources_ended_at_{};
};

} // namespace motorcade
