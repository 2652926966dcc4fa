#pragma once

#include "actors/supervision/supervision.hpp"
#include "actors/sync/sidecar_actors.hpp"
#include "runtime/records/task_records.hpp"
#include "runtime/task/delayed_task.hpp"
#include "runtime/task/pod_api.hpp"
#include "runtime/task/task_manifest.hpp"
#include "runtime/task/task_request.hpp"
#include "schema/state/connector_state.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace motorcade {

using task_request_ptr = std::shared_ptr<const task_request>;
using task_requests_ptr = std::shared_ptr<const std::vector<task_request>>;
using task_manifest_ptr = std::shared_ptr<const task_manifest>;
using delayed_task_ptr = std::shared_ptr<const delayed_task>;
using delayed_tasks_ptr = std::shared_ptr<const std::vector<delayed_task>>;
using pod_usages_ptr = std::shared_ptr<const std::map<std::string, pod_usage>>;

/// The term in which a leader decided on an act, see `leadership`. After that
/// term it is not done, and the asker is answered `cancelled`. 0: an act that
/// any process may do.
using lead_term = uint64_t;

/// Lines for a task's log.
struct task_lines {
  std::string sync_id;
  std::string task_id;
  std::vector<log_row> rows;
  lead_term term = 0;
};

using task_lines_ptr = std::shared_ptr<const task_lines>;

/// The end of a task, to be stored.
struct task_closing {
  std::string task_id;
  /// The sync and package that the row must have; empty: any.
  std::string sync_id = {};
  std::string package = {};
  task_status status = task_status::failed;
  std::string error;
  /// What Kubernetes says of the end of its Pod, for a sidecar that ended the
  /// task because it was stopped; empty: nothing.
  std::string stopped_by = {};
  lead_term term = 0;
  /// Why it ended so, for its log; not if its sidecar has told it already.
  task_lines lines = {};
};

using task_closing_ptr = std::shared_ptr<const task_closing>;

/// The failure of a spec, check or discover, to be stored unless its sidecar
/// has stored an outcome.
struct result_closing {
  result_row row;
  wall_time started_at = {};
  lead_term term = 0;
  /// As those of `task_closing`.
  task_lines lines = {};
};

using result_closing_ptr = std::shared_ptr<const result_closing>;

using saved_states_ptr = std::shared_ptr<const std::vector<saved_state>>;

using task_ids_ptr = std::shared_ptr<const std::vector<std::string>>;

using task_key_ptr = std::shared_ptr<const task_key>;

/// A Pod to be deleted, with its Secret.
struct pod_removal {
  std::string name;
  /// Empty: the Pod of that name, with any uid.
  std::string uid;
  lead_term term = 0;
};

using pod_removal_ptr = std::shared_ptr<const pod_removal>;

/// The numbers of tasks, by state.
struct registry_state {
  /// All Pods were listed, and the tasks among them adopted.
  bool listed = false;
  /// This process is the leader.
  bool leads = false;
  /// Tasks by command and phase.
  std::map<std::pair<std::string, std::string>, uint64_t> tasks;
  /// Scheduled starts that wait for their time.
  uint64_t delayed = 0;
  /// Tasks that ended since the start, by command and status.
  std::map<std::pair<std::string, std::string>, uint64_t> ended;
  /// Requests to start a task that were refused, by the failure's code.
  std::map<std::string, uint64_t> refused;
};

using registry_state_ptr = std::shared_ptr<const registry_state>;

} // namespace motorcade

CAF_BEGIN_TYPE_ID_BLOCK(motorcade_supervision, caf::first_custom_type_id + 100)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::task_request_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::task_manifest_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::pod_status_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::delayed_task_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::delayed_tasks_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::pod_usages_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::task_closing_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::result_closing_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::task_lines_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::task_ids_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::task_key_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::pod_removal_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::registry_state_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::saved_states_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::task_requests_ptr)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::pod_usage)
MOTORCADE_ADD_PAYLOAD(motorcade_supervision, motorcade::task_phase)
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, accepted, "accepted")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, adopt, "adopt")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, begin, "begin")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, count, "count")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, drop_aside, "drop_aside")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, gone, "gone")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, inquiries, "inquiries")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, last_lines, "last_lines")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, launch, "launch")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, lead, "lead")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, leave, "leave")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, list_aside, "list_aside")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, listed, "listed")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, put_aside, "put_aside")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, read_aside, "read_aside")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, saving, "saving")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, seen, "seen")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, start, "start")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, states, "states")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, sweep, "sweep")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, touch, "touch")
CAF_ADD_ATOM(motorcade_supervision, motorcade::atom, usage, "usage")
CAF_END_TYPE_ID_BLOCK(motorcade_supervision)

namespace motorcade {

/// The RECORD KEEPER actor interface: writes to the database what becomes of
/// tasks, in a thread of its own. Each write is retried until it is stored
/// or refused for good, one after another in the order of their coming; but
/// `begin` and `states` fail at once while the database is away.
using record_keeper_actor = caf::typed_actor<
    // Stores that a task begins; answers whether there was none of its id, or
    // already_exists if another one of its sync has just begun.
    rt::on<atom::begin, task_row_ptr>::gives<bool>,
    // Stores that a discover begins.
    rt::on<atom::begin, result_row_ptr>::gives<atom::ok>,
    // Answers with all saved states of a sync.
    rt::on<atom::states, std::string>::gives<saved_states_ptr>,
    // Closes a task; answers with the status that its row has now, and whether
    // the row said RUNNING until then.
    rt::on<task_closing_ptr>::gives<task_status, bool>,
    // Closes a spec, check or discover; answers whether its sidecar had stored
    // no end.
    rt::on<result_closing_ptr>::gives<bool>,
    // Appends lines to a task's log.
    rt::takes<task_lines_ptr>,
    // Records that these tasks are running.
    rt::takes<atom::touch, lead_term, task_ids_ptr>,
    // Records that these tasks are running, and closes tasks that no controller
    // has recently recorded as running.
    rt::takes<atom::sweep, lead_term, task_ids_ptr>,
    // INTERNAL: does the next write.
    rt::takes<atom::work>>;

/// The time limit of an answer of the POD WORKER: a call of the Kubernetes API
/// with all its tries, behind other calls.
constexpr caf::timespan api_patience = std::chrono::minutes{10};

/// The POD WORKER actor interface: makes the calls of a `task_runner`, in a
/// thread of its own, one after another. The state of a task, in Kubernetes or
/// not, is a `pod_status`.
using pod_worker_actor = caf::typed_actor<
    // Launches a task; answers with its Pod.
    rt::on<task_manifest_ptr>::gives<pod_status_ptr>,
    // Removes a task; answers whether it is gone already.
    rt::on<pod_removal_ptr>::gives<bool>,
    // Answers with the last lines of a container: the Pod's name, its own.
    rt::on<atom::last_lines, std::string, std::string>::gives<std::string>,
    // Answers with the current use of all connectors.
    rt::on<atom::usage>::gives<pod_usages_ptr>,
    // Deletes Secrets (or folders) of tasks that no longer exist; answers their
    // number.
    rt::on<atom::sweep, lead_term>::gives<uint64_t>,
    // Keeps a scheduled start.
    rt::on<atom::put_aside, delayed_task_ptr>::gives<atom::ok>,
    // Answers with all kept tasks, without documents.
    rt::on<atom::list_aside>::gives<delayed_tasks_ptr>,
    // Answers with a kept task and its documents.
    rt::on<atom::read_aside, std::string>::gives<task_request_ptr>,
    // Removes a kept task; answers whether it was kept.
    rt::on<atom::drop_aside, std::string>::gives<bool>>;

/// The CONSOLE CALLER actor interface: asks the console to run a sync, in a
/// thread of its own.
using console_caller_actor = caf::typed_actor<
    // Asks the console for the sync of a discover; answers once the console has
    // accepted it.
    rt::on<task_request_ptr, lead_term>::gives<atom::ok>,
    // INTERNAL: asks for a sync again, after a pause.
    rt::takes<atom::retry, uint64_t>>;

/// The SUPERVISOR actor interface: sees one task through, from its launch until
/// its Pod and Secret are gone, and then ends. While another process leads, it
/// only does what it was asked for, a start or a cancel.
using supervisor_actor = caf::typed_actor<
    // Stores that the task begins and launches its Pod; answers once that is
    // accepted, also if Kubernetes is away for minutes.
    rt::on<atom::launch>::gives<atom::ok>,
    // Adopts an existing Pod.
    rt::takes<atom::adopt, pod_status_ptr>,
    // The Pod changed, or is gone.
    rt::takes<atom::seen, pod_status_ptr>,
    rt::takes<atom::gone, pod_status_ptr>,
    // Ends the task; answers once that is stored.
    rt::on<atom::cancel>::gives<atom::ok>,
    // This process leads in that term; 0: it no longer leads.
    rt::takes<atom::lead, lead_term>,
    // The current use of its connector.
    rt::takes<pod_usage>,
    // INTERNAL: deletes Pod and Secret again.
    rt::takes<atom::retry>,
    // INTERNAL: launches the Pod again.
    rt::takes<atom::start>,
    // INTERNAL: checks the time limits.
    rt::takes<atom::tick>>;

/// The TASK REGISTRY actor interface: knows all tasks, and gives each a
/// SUPERVISOR while this process leads.
using task_registry_actor = caf::typed_actor<
    // Starts a task; answers once its Pod is accepted, or waits for a
    // Kubernetes that is away, or its scheduled start is kept.
    rt::on<task_request_ptr>::gives<atom::ok>,
    // Ends a task; answers once that is stored.
    rt::on<atom::cancel, task_key_ptr>::gives<atom::ok>,
    // Events of the watch of Pods.
    rt::takes<atom::seen, pod_status_ptr>,
    rt::takes<atom::gone, pod_status_ptr>, rt::takes<atom::listed>,
    // This process leads from now on, in that term; 0: it no longer leads.
    rt::takes<atom::lead, lead_term>,
    // A SUPERVISOR reports the phase of its task, by the Pod's name; it ends
    // after `cleaned`.
    rt::takes<std::string, task_phase>,
    // A SUPERVISOR reports the status with which its task ended, by the Pod's
    // name.
    rt::takes<std::string, task_status>,
    // The Pod of a SUPERVISOR's task, by its name, waits for a Kubernetes that
    // does not answer: the start counts as accepted.
    rt::takes<atom::accepted, std::string>,
    // A SUPERVISOR leaves its task to the leader; the flag says whether there
    // may be a Pod.
    rt::takes<atom::leave, std::string, bool>,
    // Answers with the numbers of tasks.
    rt::on<atom::count>::gives<registry_state_ptr>,
    // Answers with the specs, checks and discovers whose end is not stored yet,
    // without documents.
    rt::on<atom::inquiries>::gives<task_requests_ptr>,
    // Answers as `task_table::find_saving`. Fails with timed_out until all
    // tasks that run are known.
    rt::on<atom::saving, std::string>::gives<std::string>,
    // INTERNAL: the time of a scheduled start has come.
    rt::takes<atom::start, std::string>,
    // INTERNAL: stores that the tasks run, and asks for their use.
    rt::takes<atom::tick>,
    // INTERNAL: sweeps.
    rt::takes<atom::sweep>>;

} // namespace motorcade
