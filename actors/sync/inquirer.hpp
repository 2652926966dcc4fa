#pragma once

#include "actors/sync/config_keeper.hpp"
#include "actors/sync/sidecar_actors.hpp"
#include "actors/sync/task_conductor.hpp"
#include "runtime/log/log_joint.hpp"
#include "runtime/metrics/metric_board.hpp"
#include "runtime/stream/fault_reporter.hpp"
#include "schema/task/inquiry_session.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// The settings of an inquirer.
struct inquirer_settings {
  /// The command, and the row of its result.
  result_row row;
  store_actor store;
  /// Takes the measured values at the end; may be null.
  metric_board_ptr metrics;
  config_keeping config;
  /// The connector's config, to name the keys that a changed one changes.
  /// Secret; empty: not known.
  std::string connector_config;
  /// An answer that is known before the connector's, and counts in its place,
  /// e.g. of a destination that cannot be used. JSON; empty: there is none.
  std::string known_answer;
  /// The connector's spec, which marks the secrets of its config; empty: not
  /// known.
  std::string connector_spec;
  task_log_actor log;
  /// Slabs of stdout must come in their order: there is one PARSER.
  start_reading read;
  /// The window in which lines of log have shares; may be null.
  byte_window_ptr window;
  /// Empty: the connector's exit code is not known.
  std::string exit_code_file;
  std::chrono::milliseconds exit_code_timeout = std::chrono::seconds{30};
  /// The time limit of the answer.
  std::chrono::milliseconds answer_timeout = std::chrono::minutes{9};
  /// The variable of that limit, for messages.
  std::string answer_timeout_name = "SIDECAR_FILE_TIMEOUT_MINUTES";
  /// The longest life of the connector once it has answered.
  std::chrono::milliseconds patience_after_answer = std::chrono::seconds{30};
  /// A command that is told to stop has failed, unless another program has
  /// stored the reason since `started_at`.
  bool stop_is_failure = false;
  /// The place of the task, for messages.
  task_place place = task_place::unknown;
  wall_time started_at = {};
  /// The longest time for the end once the task was told to stop.
  std::chrono::milliseconds stop_timeout = std::chrono::seconds{30};
  /// The longest outage of the database before the start and after the end.
  std::chrono::milliseconds storage_patience = std::chrono::minutes{10};
};

/// Leads a spec, check or discover: reads until the connector has ended or its
/// time is over, judges the answer, and stores it.
class inquirer_state : public task_conductor {
public:
  static inline constexpr const char* name = "inquirer";

  /// To be called once, before all else.
  coordinator_actor::behavior_type
  make_behavior(coordinator_actor::pointer self, inquirer_settings settings);

  /// Handles the death of an actor that the inquiry needs.
  void on_down(const caf::down_msg& down);

private:
  enum class phase : uint8_t {
    idle,
    preparing,
    reading,
    flushing,
    storing,
    over
  };

  /// Waits until the database can be used, then calls `start`.
  void prepare();

  /// Starts to listen, unless the inquiry was told to stop meanwhile.
  void start();

  /// Takes the next slab of stdout: messages, reports about lines, lines of
  /// log.
  void take(const parsed_slab& slab);

  /// Takes a message: an error or a changed config is dealt with here, and the
  /// session judges all.
  void take(const message& content);

  /// Has the config stored that the connector changed to. The inquiry does not
  /// wait for the answer.
  void take(const control_message& control);

  /// Adds an error to the task's log and gives it to the session, its secrets
  /// masked.
  void take(const error_trace& error);

  /// Tells the task's log and the session of a line that could not be read.
  void take(const line_report& report);

  /// Gives a message to the session and notes when the answer came.
  void tell_session(const message& content);

  /// Passes lines of log to the session and to the task's log.
  void take_lines(const log_batch_ptr& lines, bool from_stderr);

  /// Checks the time limits, once a second.
  void tick();

  void cancel(const std::string& reason) override;
  void end_reading(decided_end end) override;

  bool is_over() const override { return at_ == phase::over; }

  /// @returns how long the connector had for its answer, and its last line.
  std::string time_that_it_had() const;

  /// Stores the result, once the log is stored.
  void store_result();

  /// Answers the result. Nothing happens afterwards.
  void finish(task_result result);

  /// Answers that the database was away for too long.
  void give_up_storing();

  coordinator_actor::pointer self_ = {};
  inquirer_settings settings_;
  std::optional<inquiry_session> session_;
  fault_reporter faults_;
  log_joint stdout_lines_;
  phase at_ = phase::idle;
  /// Slabs and lines of stdout so far.
  uint64_t slabs_ = 0;
  uint64_t lines_ = 0;
  bool heard_stderr_ = false;
  session_time started_{};
  session_time last_activity_{};
  std::optional<session_time> answered_at_;
  /// The time limit of the phase.
  session_time deadline_ = session_time::max();
  /// The exit code without an answer: 2 for wrong settings and time limits.
  int code_without_answer_ = 1;
  /// The last line of the connector, for a message.
  std::string last_line_;
  /// Remarks about a good answer.
  std::string answer_remarks_;
  task_result result_;
};

/// Spawns as a COORDINATOR, since it listens to the same actors.
coordinator_actor::behavior_type
inquirer(coordinator_actor::stateful_pointer<inquirer_state> self,
         inquirer_settings settings);

} // namespace motorcade
