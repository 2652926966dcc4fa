#pragma once

#include "actors/session/source_reading.hpp"
#include "actors/sync/sidecar_actors.hpp"
#include "actors/sync/task_crew.hpp"

#include <optional>
#include <string>

namespace motorcade {

/// The part that coordinator and inquirer share: the reading of a connector's
/// output, and how it ends early. Belongs to one actor; only that actor's
/// handlers call this.
class task_conductor {
public:
  task_conductor(const task_conductor&) = delete;
  task_conductor& operator=(const task_conductor&) = delete;

  /// Answers the pending `run` request with the reason of this actor's death.
  void on_death(const failure& why) { crew_->answer(why); }

protected:
  task_conductor() = default;
  virtual ~task_conductor() = default;

  /// Ends the task as soon as possible, within the stop's time limit.
  /// @param reason In words; empty: a stop from outside.
  virtual void cancel(const std::string& reason) = 0;

  /// Ends the task with what was read.
  virtual void end_reading(decided_end end) = 0;

  /// @returns whether the task has ended and its result was answered.
  virtual bool is_over() const = 0;

  /// @returns the time of the actor's clock.
  session_time now() const { return crew_->now(); }

  /// Ends the task if the reading is over.
  void go_on(source_reading::end ended);

  /// Ends the task because of a failure outside; `cancelled` is a stop with a
  /// reason. Once nothing is read any more, the failure is only logged.
  void break_off(const failure& reason);

  /// The other actors of the task. Set before all else.
  std::optional<task_crew> crew_;
  /// Nothing until the task was asked to run.
  std::optional<source_reading> source_;
  bool stopped_ = false;
  /// The reason of the stop, in words; empty: the stop came without a
  /// reason.
  std::string stop_reason_;
};

} // namespace motorcade
