#pragma once

#include "actors/supervision/pod_worker.hpp"
#include "actors/supervision/record_keeper.hpp"
#include "actors/supervision/task_registry.hpp"
#include "runtime/task/pod_task.hpp"
#include "support/actor_fixture.hpp"

#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace motorcade::test {

/// A TASK REGISTRY with its SUPERVISORs on the test scheduler, and a database,
/// a cluster and a console that do what the test says.
class control_world : public actor_fixture {
public:
  control_world() {
    settings.pods.sidecar_image = "motorcade/sidecar:1";
    settings.database_url = "postgres://db/x";
    settings.bulker_url = "http://bulker:3042";
    settings.container_status_check = std::chrono::seconds{1};
    begin();
  }

  /// A replica of syncctl. The test decides whether it leads.
  struct replica {
    std::shared_ptr<leadership> lead;
    task_registry_actor registry;
    record_keeper_actor records;
    pod_worker_actor worker;
  };

  /// Starts a registry that leads, in place of all that there were.
  void begin() {
    replicas.clear();
    add(leadership::without_rival(), /*alone*/ true);
  }

  /// Starts another registry beside those that there are, and uses it.
  size_t add(std::shared_ptr<leadership> lead, bool only_replica = false);

  /// Sends requests to that replica, and watches its database and its worker,
  /// from now on.
  void use(size_t number) {
    const auto& one = replicas[number];
    registry = one.registry;
    records = one.records;
    worker = one.worker;
  }

  /// Makes that replica the leader, and no other.
  void let_lead(size_t number) {
    for (size_t i = 0; i < replicas.size(); ++i)
      if (i != number)
        depose(i);
    auto& one = replicas[number];
    auto term = one.lead->lead_until(leadership::time_point::max());
    tell(one.registry, atom::lead_v, term);
  }

  /// Ends the lead of that replica.
  /// @param told Whether its registry is told so.
  void depose(size_t number, bool told = true) {
    replicas[number].lead->end();
    if (told)
      tell(replicas[number].registry, atom::lead_v, lead_term{0});
  }

  /// Ends the registry and what it has begun, as a crash would.
  void crash() {
    caf::anon_send_exit(registry, caf::exit_reason::kill);
    run();
    started.clear();
  }

  /// Does the same to one of several replicas.
  void kill(size_t number) {
    replicas[number].lead->end();
    caf::anon_send_exit(replicas[number].registry, caf::exit_reason::kill);
    run();
  }

  /// Tells every registry.
  template <class... Ts>
  void tell_all(const Ts&... xs) {
    for (const auto& one : replicas)
      tell(one.registry, xs...);
  }

  void list() { tell_all(atom::listed_v); }

  static task_request read(const std::string& sync, const std::string& task) {
    task_request out;
    out.command = "read";
    out.package = "airbyte/source-faker";
    out.version = "1";
    out.sync_id = sync;
    out.task_id = task;
    out.config = "{}";
    out.started_at = utc_now();
    return out;
  }

  static task_request discover(const std::string& key) {
    auto out = read("s", "t-" + key);
    out.command = "discover";
    out.storage_key = key;
    return out;
  }

  /// Asks for a task. Its answer is kept in `started`.
  void start(const task_request& task) {
    auto name = task.task_id;
    started[name] = "pending";
    ask_registry([this, name](atom::ok) { started[name] = "ok"; },
                 [this, name](const failure& why) {
                   started[name] =
                       std::string{to_string(why.code)} + ": " + why.what;
                 },
                 task_request_ptr{std::make_shared<const task_request>(task)});
  }

  void cancel(const std::string& sync, const std::string& task,
              const std::string& package = {}) {
    cancelled = "pending";
    ask_registry([this](atom::ok) { cancelled = "ok"; },
                 [this](const failure& why) { cancelled = why.what; },
                 atom::cancel_v,
                 task_key_ptr{std::make_shared<const task_key>(
                     task_key{sync, task, package})});
  }

  /// Changes a Pod and reports it as the watch does.
  void show(const std::string& name,
            const std::function<void(pod_status&)>& change) {
    auto& pod = pods.at(name);
    change(pod);
    tell_all(atom::seen_v,
             pod_status_ptr{std::make_shared<const pod_status>(pod)});
  }

  void show_state(const std::string& name, pod_state state) {
    show(name, [&](pod_status& pod) { pod.state = state; });
  }

  void show_end(const std::string& name, int source, int sidecar) {
    show(name, [&](pod_status& pod) {
      pod.state = pod_state::ended;
      pod.source = container_end{source, "", ""};
      pod.sidecar = container_end{sidecar, "", ""};
    });
  }

  void lose(const std::string& name) {
    auto pod = std::make_shared<const pod_status>(pods.at(name));
    pods.erase(name);
    tell_all(atom::gone_v, pod_status_ptr{pod});
  }

  /// @returns the only Pod's name.
  std::string the_pod() const {
    return pods.size() == 1 ? pods.begin()->first : "not one Pod";
  }

  /// Lets the database answer again.
  void bring_back_database() {
    database_away = false;
    for (const auto& one : replicas)
      tell(one.records, atom::work_v);
  }

  /// Answers the launches that wait.
  void answer_launches() {
    for (const auto& one : replicas)
      tell(one.worker, atom::sweep_v, lead_term{0});
  }

  uint64_t supervised() {
    uint64_t out = 0;
    ask_registry(
        [&](const registry_state_ptr& state) {
          leads = state->leads;
          delayed = state->delayed;
          for (const auto& [key, n] : state->tasks)
            out += n;
        },
        [](const failure&) {}, atom::count_v);
    return out;
  }

  /// @returns the specs, checks and discovers that run: command, storage key
  /// and config.
  std::string inquiries() {
    std::string out;
    ask_registry(
        [&](const task_requests_ptr& tasks) {
          for (const auto& one : *tasks)
            out += one.command + " " + one.storage_key + one.config + ";";
        },
        [&](const failure& why) { out = why.what; }, atom::inquiries_v);
    return out;
  }

  controller_settings settings;
  std::vector<replica> replicas;
  record_keeper_actor records;
  pod_worker_actor worker;
  task_registry_actor registry;
  /// The registry's answer when it was last asked how many tasks there are.
  bool leads = false;
  uint64_t delayed = 0;

  /// The table source_task.
  std::map<std::string, std::string> rows;
  std::map<std::string, std::string> errors;
  /// Tasks whose rows no process has updated for long.
  std::set<std::string> silent;
  /// Results that were closed: command and description.
  std::vector<std::string> results;
  /// Whether the sidecar of every spec, check and discover has stored its
  /// outcome.
  bool sidecar_told_result = false;
  std::vector<std::string> lines;
  /// The current use of connectors, by Pod; empty: it is not measured.
  std::map<std::string, pod_usage> used;
  size_t touches = 0;
  bool database_away = false;
  /// The table source_state, by sync, and whether it cannot be read.
  std::map<std::string, std::vector<saved_state>> saved;
  bool states_away = false;
  /// Delayed answers, by the actor that owes them.
  std::map<caf::actor_id, std::vector<std::function<void()>>> waiting;

  /// The cluster.
  std::map<std::string, pod_status> pods;

  /// @param pick Returns a number from 0 to its argument.
  /// @returns the name of one of the Pods; empty if there is none.
  template <class Pick>
  std::string any_pod(Pick&& pick) const {
    if (pods.empty())
      return {};
    const auto last = static_cast<int>(pods.size()) - 1;
    return std::next(pods.begin(), pick(last))->first;
  }

  std::map<std::string, delayed_task> aside;
  std::optional<failure> launch_failure;
  std::optional<failure> aside_failure;
  int removal_failures = 0;
  /// Launches are answered when the test says so.
  bool slow_launch = false;
  /// What was done, in order: `launch`, `store`, `remove`.
  std::vector<std::string> deeds;
  /// What stands behind the last lines of each container.
  std::string more_lines;
  /// The last manifest that was to be launched.
  task_manifest_ptr launched;
  std::optional<failure> console_failure;
  std::vector<std::string> console_calls;

  std::map<std::string, std::string> started;
  std::string cancelled;
  /// The number of acts that were refused because this process does not lead.
  size_t called_off = 0;

private:
  bool forbids(const leadership_ptr& lead, lead_term term) {
    auto out = !lead->allows(term);
    called_off += out ? 1 : 0;
    return out;
  }

  static caf::error leads_no_more() {
    return caf::error{to_error({ec::cancelled, "it is no longer the leader"})};
  }

  /// Asks the registry from an actor that lives for this.
  template <class OnAnswer, class... Ts>
  void ask_registry(OnAnswer on_answer,
                    const std::function<void(const failure&)>& on_error,
                    Ts... xs) {
    spawn([=, this](caf::event_based_actor* own) {
      rt::ask(own, write_patience, registry, xs...)
          .then(on_answer, [on_error](const caf::error& why) {
            on_error(to_failure(why));
          });
    });
  }

  /// The database, as a RECORD KEEPER has it.
  record_keeper_actor::behavior_type
  keep_records(record_keeper_actor::pointer own, const leadership_ptr& lead);

  void note(const task_lines& some) {
    for (const auto& row : some.rows)
      lines.push_back(row.message);
  }

  /// @returns whether the closing is what the row tells.
  bool is_told(const task_closing& task) const {
    auto found = errors.find(task.task_id);
    return found != errors.end() && found->second == task.error;
  }

  void deliver_end(caf::typed_response_promise<task_status, bool>& to,
                   const task_closing& task);

  task_status close(const task_closing& task);

  /// The cluster, as a POD WORKER calls it.
  pod_worker_actor::behavior_type work(pod_worker_actor::pointer own,
                                       const leadership_ptr& lead);

  /// The console, asked once.
  console_caller_actor::behavior_type call();

  std::map<caf::actor_id, std::vector<std::function<void()>>> launching_;
  int uids_ = 0;
};

} // namespace motorcade::test
