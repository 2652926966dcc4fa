#pragma once

#include "actors/supervision/control_protocol.hpp"
#include "actors/supervision/supervision.hpp"
#include "actors/supervision/supervisor.hpp"
#include "actors/supervision/task_index.hpp"
#include "config/controller_settings.hpp"
#include "runtime/leadership/leadership.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// A spec, check or discover is ended by its sidecar in time
/// (SIDECAR_FILE_TIMEOUT_MINUTES); so much later it is ended here, for a
/// sidecar that does not.
constexpr std::chrono::minutes inquiry_slack{6};

/// What the TASK REGISTRY works with.
struct task_registry_setup {
  controller_settings settings;
  record_keeper_actor records;
  /// At least one.
  std::vector<pod_worker_actor> workers;
  console_caller_actor console;
  leadership_ptr lead;
  /// Nobody else takes requests and puts tasks aside.
  bool alone = false;
  /// How many tasks may be on their way to a Pod at one time.
  size_t most_launches = 256;
  /// How much memory the documents may take of all tasks that wait for their
  /// time or are on their way to a Pod.
  size_t most_document_bytes = 64 << 20;
};

/// Knows which tasks there are.
///
/// No two tasks share a Pod's name, and no two reads of one sync run at one
/// time. Nothing is started before all Pods were listed: one of them may be
/// the very task.
///
/// Where another process leads, tasks have no supervisor but for what somebody
/// asks for here: a start, until its Pod is accepted, and a cancel, until the
/// Pod is asked to go.
struct task_registry_state {
  static inline constexpr const char* name = "task-registry";

  using time_point = caf::actor_clock::time_point;

  /// A task and who sees it through.
  struct supervised {
    /// None: the task is left to whoever leads.
    supervisor_actor supervisor = {};
    /// Without its documents.
    task_request task = {};
    task_phase phase = task_phase::created;
    /// What was last seen of its Pod; null: nothing.
    pod_status_ptr pod = nullptr;
    /// That Pod is there no more.
    bool gone = false;
    time_point since = {};
  };

  /// By the Pods' names.
  using task_map = std::map<std::string, supervised>;

  /// A task that is put aside until its time.
  struct waiting {
    /// Without its documents.
    task_request task;
    size_t bytes = 0;
    /// It is on its way to a Pod.
    bool starting = false;
    bool cancelled = false;
  };

  using ok_promise = caf::typed_response_promise<atom::ok>;
  /// Given why a start failed; nothing: it did not.
  using start_listener = std::function<void(const std::optional<failure>&)>;

  caf::result<atom::ok> start(const task_request_ptr& task);
  /// @returns why the task cannot be taken now or at all.
  std::optional<failure> find_obstacle(const task_request& task,
                                       const std::string& pod) const;
  /// @param resumes As `supervisor_setup` has it.
  void launch(const task_request_ptr& task, bool resumes,
              const start_listener& done);

  caf::result<atom::ok> cancel(const task_key_ptr& which);

  /// Ends a task that has no Pod that we know of.
  void cancel_row(const task_key_ptr& which, ok_promise promise);

  /// Puts a task aside until its time.
  caf::result<atom::ok> delay(const task_request_ptr& task);

  /// It is time for a task that was put aside.
  void start_delayed(const std::string& pod);
  void begin_delayed(const std::string& pod, const task_request_ptr& task);
  void try_delayed_again(const std::string& pod);

  /// Keeps a task aside no longer.
  void forget_delayed(const std::string& pod, bool drop);

  void cancel_delayed(const std::string& pod, const task_key_ptr& which,
                      ok_promise promise);

  /// Stores that a task was cancelled before it began. Whoever is about to
  /// begin it meets its row, and one that has just begun it is told by that.
  void store_cancel(const task_request& task, ok_promise promise);

  /// Ends a task that another process has put aside.
  void cancel_aside(const task_key_ptr& which, const failure& otherwise,
                    ok_promise promise);

  /// Sees to it that tasks start which others have put aside and did not start.
  void look_aside();

  void see(const pod_status_ptr& pod);
  void lose(const pod_status_ptr& pod);

  /// Takes note of a Pod that is not known; passes over what is none of ours.
  void adopt(const pod_status_ptr& pod);

  /// @returns the entry of the task that has this Pod; a new one where there
  /// was none.
  supervised& note_task(const std::string& pod, task_request task);

  /// @returns what follows.
  task_map::iterator forget(task_map::iterator which);

  /// Gives a task that we know of a supervisor.
  void take_on(const std::string& pod, supervised& entry);

  /// @param secrets Of the connector's config.
  supervised& supervise(task_request task, const std::string& pod,
                        task_manifest_ptr manifest, bool resumes = false,
                        manifest_finisher finish = {},
                        std::vector<std::string> secrets = {});

  /// @returns what completes the manifest of a task that goes on from what is
  /// saved; empty for any other.
  manifest_finisher make_finisher(const task_request_ptr& task) const;

  /// This process leads in that term, or with 0 no more.
  void change_lead(lead_term now);

  /// A supervisor lets go.
  void leave(const std::string& pod, bool may_have_pod);

  /// A supervisor has come that far.
  void note_phase(const std::string& pod, task_phase phase);

  /// Nothing is left of the task.
  void bury(const std::string& pod);

  /// A supervisor died, which it should not.
  void replace(const caf::down_msg& down);

  /// A task ended.
  void note_end(const std::string& pod, task_status status);

  /// @returns the task whose supervisor sent what is being handled; null: it
  /// has another one by now, or none.
  supervised* from_supervisor(const std::string& pod);

  /// Counts what is refused, and refuses it.
  caf::error refuse(const failure& why);

  void list();
  void tick();
  void sweep();
  void tell_running();
  void clear_away();

  /// Forgets tasks that are left to others and of whose Pod nothing was ever
  /// seen.
  void forget_unseen();
  registry_state_ptr look() const;

  /// @returns the specs, checks and discovers whose end is not stored yet.
  task_requests_ptr running_inquiries() const;

  /// @returns the name of the task's Pod in `tasks`; empty: there is none.
  std::string find_task(const task_key& which) const;

  supervision_limits limits_of(const task_request& task) const;
  const pod_worker_actor& next_worker();

  task_registry_actor::pointer self = {};
  task_registry_setup setup;
  bool listed = false;
  /// In which this process leads; 0: it does not.
  lead_term term = 0;
  task_map tasks;
  /// Of `tasks`.
  task_index index;
  /// Tasks that wait for their time, by the names of the Pods to come.
  std::map<std::string, waiting> delayed;
  /// The uids of Pods that were seen through, of which late news may come.
  std::deque<std::string> buried;
  std::map<std::pair<std::string, std::string>, uint64_t> ended;
  std::map<std::string, uint64_t> refused;
  size_t launches = 0;
  /// Of all that are in `delayed`, or being launched.
  size_t document_bytes = 0;
  size_t worker_turn = 0;
  bool measures_usage = true;
  bool said_unmeasured = false;
};

/// How long a scheduled task waits before it starts.
std::chrono::seconds start_delay(const std::string& sync_id);

task_registry_actor::behavior_type
task_registry(task_registry_actor::stateful_pointer<task_registry_state> self,
              task_registry_setup setup);

} // namespace motorcade
