#pragma once

#include "actors/sync/sidecar_actors.hpp"
#include "runtime/database/database.hpp"
#include "schema/task/inquiry_session.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// Facts about the end of a spec, check or discover, besides its outcome.
struct inquiry_circumstances {
  /// The connector's exit code, if it is known.
  std::optional<int> exit_code;
  /// The exit code of the sidecar if there is no answer.
  int code_without_answer = 1;
  /// A command that is told to stop has failed.
  bool stop_is_failure = false;
  /// The place where it ran, for messages.
  task_place place = task_place::unknown;
  /// The reason of the stop, in words; empty: the stop came without a
  /// reason.
  std::string stop_reason;
};

/// @returns the command's name, e.g. `check`.
std::string_view name_of(inquiry command);

/// @returns the result of a spec, check or discover, without secrets.
task_result judge_inquiry(inquiry command, const inquiry_outcome& outcome,
                          inquiry_end why,
                          const inquiry_circumstances& besides);

/// @param row Holds the key columns.
/// @param remarks Warnings that are stored with a good answer.
/// @returns the row that keeps the result.
result_row make_result_row(result_row row, const task_result& result,
                           const std::string& remarks);

} // namespace motorcade
