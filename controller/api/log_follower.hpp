#pragma once

#include "controller/api/controller_service.hpp"
#include "controller/api/line_window.hpp"
#include "runtime/http/server/http_server.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace motorcade {

/// Writes a task's lines to a stream as they come, until the task has ended: in
/// the order of their times, except lines that are stored late, see
/// `line_window`.
class log_follower {
public:
  /// @param service Must outlive this.
  /// @param limit The most lines of one read.
  /// @param pause The time between two reads.
  log_follower(controller_service& service, std::string task_id,
               log_position after, size_t limit,
               std::chrono::milliseconds pause);

  /// Blocks until all is written, or the client is gone.
  void run(http_stream& to);

private:
  /// Writes all lines that are stored.
  /// @returns whether more may come.
  bool step(http_stream& to);

  enum class outcome : uint8_t { done, failed, nobody_reads };

  /// Writes the lines behind `from`. `last_failure_` says what failed.
  outcome write_behind(log_position from, http_stream& to);

  /// Writes the lines that were not given yet.
  /// @returns false if the client is gone.
  bool write(const std::vector<log_row>& rows, http_stream& to);

  /// Notes that the lines could not be read. A failure that may pass is tried
  /// again some times; else it is written to the client.
  /// @returns whether to try again.
  bool fail(http_stream& to, const failure& why);

  controller_service& service_;
  std::string task_id_;
  line_window window_;
  size_t limit_;
  std::chrono::milliseconds pause_;
  size_t looks_ = 0;
  size_t failures_ = 0;
  failure last_failure_;
};

} // namespace motorcade
