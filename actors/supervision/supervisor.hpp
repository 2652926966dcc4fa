#pragma once

#include "actors/supervision/connector_use.hpp"
#include "actors/supervision/controller_actors.hpp"
#include "actors/supervision/supervision.hpp"
#include "schema/secrets/task_secrets.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Makes a task's manifest with the saved states of its sync.
using manifest_finisher =
    std::function<result<task_manifest>(const std::vector<saved_state>&)>;

/// The settings of a SUPERVISOR.
struct supervisor_setup {
  task_request task;
  /// The Pod's name.
  std::string pod;
  /// Null: the Pod exists already.
  task_manifest_ptr manifest;
  /// Makes the manifest of a read that goes on from saved states; empty:
  /// `manifest` is whole.
  manifest_finisher finish;
  /// The start is kept elsewhere until there is a Pod, and may have been tried
  /// before: its row may exist.
  bool resumes = false;
  supervision_limits limits;
  /// The longest time that the launch is repeated while Kubernetes is away or
  /// too busy.
  std::chrono::milliseconds start_patience = std::chrono::minutes{5};
  /// The term in which this process leads; 0: it does not.
  lead_term term = 0;
  /// The secrets of the connector's config.
  task_secrets secrets;
  /// The interval of checks of the time limits.
  caf::timespan check_interval = std::chrono::seconds{10};
  task_registry_actor registry;
  record_keeper_actor records;
  /// All calls for one Pod go to one worker, so that they keep their order.
  pod_worker_actor worker;
  console_caller_actor console;
};

/// Sees one task through: passes events to `supervision`, and carries out its
/// decisions.
class supervisor_state {
public:
  static inline constexpr const char* name = "supervisor";

  /// To be called once, before all else.
  supervisor_actor::behavior_type make_behavior(supervisor_actor::pointer self,
                                                supervisor_setup setup);

private:
  using ok_promise = caf::typed_response_promise<atom::ok>;

  /// @returns whether the task is a read, rather than an inquiry.
  bool is_read() const { return setup_.task.command == "read"; }

  /// @returns the time of the actor's clock.
  supervision::time_point now() const;

  /// Stores that the task begins, then launches its Pod.
  void launch();

  /// Has a worker create the Secret and the Pod.
  void launch_pod();

  /// Decides what follows from a launch that failed.
  void note_failed_launch(const failure& why);

  /// Launches the Pod again after a pause.
  void launch_later(const failure& why);

  /// Launches the Pod once more, unless another process has ended the task.
  void launch_again();

  /// Tells the registry that the start counts as accepted though there is no
  /// Pod yet. A cancel is stored at once from then on.
  void accept();

  /// Puts the saved states of the sync into the manifest, then launches the
  /// Pod.
  void continue_sync();

  /// Ends a launch that made no Pod.
  /// @param answer The code for the asker of the start.
  void fail_launch(failure why, ec answer);

  /// Ends a launch whose task is over by now: what there may be of its Pod is
  /// deleted.
  void call_off_launch();

  /// Ends a launch that made a Pod.
  void end_launch();

  /// Gives a launch up, since another process has begun the task.
  void abandon_launch(const failure& why);

  /// @returns the term of the acts; 0: they were requested.
  lead_term term_of_acts() const { return requested_here_ ? 0 : setup_.term; }

  /// Notes the term in which this process leads; 0: none.
  void note_term(lead_term term);

  /// Stops supervising; the leader goes on.
  void let_go(bool may_have_pod);

  /// Lets go of the task if the act failed because this process does not
  /// lead.
  /// @returns whether the task was let go of.
  bool lost_the_lead(const failure& why);

  /// @returns whether the Pod is this task's, as far as is known.
  bool concerns_us(const pod_status_ptr& pod, bool is_gone);

  /// Does the next step.
  void advance();

  /// @returns a text without the secrets of the config.
  std::string masked(std::string text) const;

  /// Fetches the last lines of a container that may explain the verdict, then
  /// stores both.
  void fetch_log();

  /// Stores how the task ended.
  void store();

  /// Stores what the connector has used, if that is known.
  void store_use();
  /// @returns why the task ended, for its log.
  task_lines make_lines() const;

  /// @returns a line of the task's log, with the time of now.
  static log_row make_line(std::string_view level, std::string text);

  /// Stores the end of a read.
  void store_task(task_status status, const std::string& error,
                  task_lines lines = {});

  /// Stores the failure of a spec, check or discover.
  void store_result(const std::string& error);

  /// Goes on to the deletion of Pod and Secret.
  void finish_storing(task_status status);
  /// Logs the end of the task.
  /// @param here True if this supervisor, not the sidecar, stored the end;
  /// then the reason is logged, too.
  void say_end(task_status status, bool here, const std::string& error) const;

  /// Asks the console for the sync that this discover was made for.
  void call_console();

  /// Stores a FAILED row for the sync that was to follow.
  void fail_sync(const std::string& why);

  /// @returns the row of a read that begins.
  task_row_ptr make_row() const;

  /// Deletes Pod and Secret, and tries again after a pause if that fails.
  void remove();

  /// Tells the registry that the task has no supervisor any more, and ends.
  void leave();

  supervisor_actor::pointer self_ = {};
  supervisor_setup setup_;
  std::optional<supervision> life_;
  task_phase reported_ = task_phase::created;
  ok_promise launched_;
  bool launching_ = false;
  /// A worker is creating the Pod, since then.
  std::optional<supervision::time_point> calling_since_;
  /// The launch failed for a reason that may pass, at that time for the first
  /// time.
  std::optional<supervision::time_point> waiting_since_;
  caf::timespan launch_pause_{};
  bool accepted_ = false;
  /// Whether the end of the task was requested here, or its start failed here:
  /// that is stored and cleaned up even if this process does not lead.
  bool requested_here_ = false;
  bool storing_ = false;
  bool removing_ = false;
  caf::timespan removal_pause_{};
  /// Events that came before the launch was answered.
  std::vector<std::pair<pod_status_ptr, bool>> early_;
  std::vector<ok_promise> owed_cancel_;
  /// The last lines of a container; may be empty.
  std::string last_lines_;
  connector_use use_;
};

/// Begins with the launch of the task's Pod, unless there is one already. The
/// actor ends once the task's end is stored, and Pod and Secret are gone.
supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
           supervisor_setup setup);

} // namespace motorcade
