#pragma once

#include "controller/control_service.hpp"
#include "controller/line_window.hpp"
#include "runtime/http/server/http_server.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace motorcade {

/// Writes a task's lines down as they come, until the task has ended: in the
/// order of their times, but for those that are stored late, see `line_window`.
class log_follower {
public:
  /// @param service Must outlive this.
  /// @param limit How many lines are asked for at a time.
  /// @param pause Between two looks.
  log_follower(control_service& service, std::string task_id,
               log_position after, size_t limit,
               std::chrono::milliseconds pause);

  /// Blocks until all is written, or nobody reads it any more.
  void run(http_stream& to);

private:
  /// Writes all that is there.
  /// @returns whether more may come.
  bool step(http_stream& to);

  /// Writes what comes behind `from`.
  enum class outcome : uint8_t { done, failed, nobody_reads };
  outcome write_behind(log_position from, http_stream& to);

  /// Writes those that are new.
  /// @returns false where nobody reads them.
  bool write(const std::vector<log_row>& rows, http_stream& to);
  bool fail(http_stream& to, const failure& why);

  control_service& service_;
  std::string task_id_;
  line_window window_;
  size_t limit_;
  std::chrono::milliseconds pause_;
  size_t looks_ = 0;
  size_t failures_ = 0;
  failure last_failure_;
};

} // namespace motorcade
