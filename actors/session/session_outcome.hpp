#pragma once

#include "schema/lines/message.hpp"
#include "schema/task/failure_reason.hpp"
#include "schema/task/task_status.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace motorcade {

/// The outcome of a session, once it is settled.
struct session_outcome {
  task_status status = task_status::running;
  /// Nothing for SUCCESS.
  std::optional<failure_reason> reason;
  /// 0 for SUCCESS, PARTIAL and CANCELLED; 1 for FAILED. A time
  /// limit or a wrong setting that ends a task makes it 2, whatever the status.
  int exit_code = 1;

  /// @returns the reason for a column or a list; empty: none.
  std::string error() const { return reason ? to_brief(*reason) : ""; }
};

/// Totals, for progress and metrics.
struct session_totals {
  uint64_t lines = 0;
  uint64_t bytes = 0;
  uint64_t rows = 0;
  uint64_t row_bytes = 0;
  uint64_t committed_rows = 0;
  uint64_t states_saved = 0;
  std::array<uint64_t, line_fault_count> faults = {};
  /// 0 … 1 if the connector estimated enough; nothing otherwise.
  std::optional<double> done;
};

} // namespace motorcade
