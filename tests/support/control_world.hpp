#pragma once

#include "actors/pod_worker.hpp"
#include "actors/record_keeper.hpp"
#include "actors/task_registry.hpp"
#include "runtime/pod_task.hpp"
#include "support/actor_fixture.hpp"

#include <deque>
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
    settings.container_status_check = std::chrono::seconds{1};
    records = spawn([this](record_keeper_actor::pointer own) {
      keeper_ = own;
      return keep_records();
    });
    worker = spawn([this](pod_worker_actor::pointer own) {
      worker_ = own;
      return work();
    });
    console = spawn([this](console_caller_actor::pointer) { return call(); });
    begin();
  }

  /// Starts a registry, once more perhaps.
  void begin() {
    task_registry_setup setup;
    setup.settings = settings;
    setup.records = records;
    setup.workers = {worker};
    setup.console = console;
    registry = spawn(task_registry, std::move(setup));
  }

  /// Ends the registry and what it has begun, as a crash would.
  void crash() {
    caf::anon_send_exit(registry, caf::exit_reason::kill);
    run();
    started.clear();
  }

  void list() { tell(registry, atom::listed_v); }

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

  /// The API's watch tells of a Pod.
  void show(const std::string& name,
            const std::function<void(pod_status&)>& change) {
    auto& pod = pods.at(name);
    change(pod);
    tell(registry, atom::seen_v, std::make_shared<const pod_status>(pod));
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
    tell(registry, atom::gone_v, pod_status_ptr{pod});
  }

  /// @returns the only Pod's name.
  std::string the_pod() const {
    return pods.size() == 1 ? pods.begin()->first : "not one Pod";
  }

  /// Lets the database answer again.
  void bring_back_database() {
    database_away = false;
    tell(records, atom::work_v);
  }

  /// Answers the launches that wait.
  void answer_launches() { tell(worker, atom::sweep_v); }

  uint64_t supervised() {
    uint64_t out = 0;
    ask_registry(
        [&](const registry_state_ptr& state) {
          for (const auto& [key, n] : state->tasks)
            out += n;
        },
        [](const failure&) {}, atom::look_v);
    return out;
  }

  controller_settings settings;
  record_keeper_actor records;
  pod_worker_actor worker;
  console_caller_actor console;
  task_registry_actor registry;

  /// The table source_task.
  std::map<std::string, std::string> rows;
  std::map<std::string, std::string> errors;
  /// Tasks whose row nobody has updated for long.
  std::set<std::string> silent;
  /// Results that were closed: command and description.
  std::vector<std::string> results;
  std::vector<std::string> lines;
  size_t touches = 0;
  bool database_away = false;
  std::vector<std::function<void()>> waiting;

  /// The cluster.
  std::map<std::string, pod_status> pods;
  std::optional<failure> launch_failure;
  int removal_failures = 0;
  /// Launches are answered when the test says so.
  bool slow_launch = false;
  /// What was done, in order: `launch`, `store`, `remove`.
  std::vector<std::string> deeds;
  std::optional<failure> console_failure;
  std::vector<std::string> console_calls;

  std::map<std::string, std::string> started;
  std::string cancelled;

private:
  /// Asks the registry from an actor that lives for this.
  template <class OnAnswer, class... Ts>
  void ask_registry(OnAnswer on_answer,
                    std::function<void(const failure&)> on_error, Ts... xs) {
    spawn([=, this](caf::event_based_actor* own) {
      rt::ask(own, write_patience, registry, xs...)
          .then(on_answer, [on_error](const caf::error& why) {
            on_error(to_failure(why));
          });
    });
  }

  record_keeper_actor::behavior_type keep_records() {
    return {
        [this](atom::begin, const task_row_ptr& row) -> caf::result<bool> {
          if (database_away)
            return caf::error{
                to_error({ec::database_unavailable, "the database is away"})};
          return rows.emplace(row->task_id, "RUNNING").second;
        },
        [](atom::begin, const result_row_ptr&) -> caf::result<atom::ok> {
          return atom::ok_v;
        },
        [this](const task_closing_ptr& task) -> caf::result<task_status> {
          if (rows.count(task->task_id) == 0 || task->sync_id == "other")
            return caf::error{to_error(
                {ec::not_found, "there is no such task " + task->task_id})};
          if (database_away) {
            auto promise = keeper_->make_response_promise<task_status>();
            waiting.push_back([this, task, promise]() mutable {
              promise.deliver(close(*task));
            });
            return promise;
          }
          return close(*task);
        },
        [this](const result_closing_ptr& what) -> caf::result<atom::ok> {
          deeds.emplace_back("store");
          results.push_back(what->row.description);
          return atom::ok_v;
        },
        [this](const task_lines_ptr& some) {
          for (const auto& row : some->rows)
            lines.push_back(row.message);
        },
        [this](atom::touch, const task_ids_ptr& ids) {
          touches += ids->size();
        },
        [this](atom::sweep, const task_ids_ptr& kept) {
          for (const auto& id : *kept)
            silent.erase(id);
          for (const auto& id : std::exchange(silent, {}))
            if (rows[id] == "RUNNING")
              rows[id] = "FAILED";
        },
        // Promises are kept by the actor that gave them.
        [this](atom::work) {
          for (auto& later : std::exchange(waiting, {}))
            later();
        },
    };
  }

  task_status close(const task_closing& task) {
    deeds.emplace_back("store");
    auto& row = rows[task.task_id];
    if (row == "RUNNING") {
      row = std::string{to_string(task.status)};
      errors[task.task_id] = task.error;
    }
    auto out = task_status::failed;
    from_string(row, out);
    return out;
  }

  pod_worker_actor::behavior_type work() {
    return {
        [this](
            const pod_manifest_ptr& manifest) -> caf::result<pod_status_ptr> {
          deeds.emplace_back("launch");
          if (launch_failure)
            return caf::error{to_error(*launch_failure)};
          auto& pod = pods[manifest->name];
          pod.name = manifest->name;
          pod.uid = "uid-" + std::to_string(++uids_);
          auto answer = std::make_shared<const pod_status>(pod);
          if (!slow_launch)
            return pod_status_ptr{answer};
          auto promise = worker_->make_response_promise<pod_status_ptr>();
          launching_.push_back([promise, answer]() mutable {
            promise.deliver(pod_status_ptr{answer});
          });
          return promise;
        },
        [this](const pod_removal_ptr& which) -> caf::result<bool> {
          deeds.emplace_back("remove");
          if (removal_failures > 0) {
            --removal_failures;
            return caf::error{to_error({ec::service_unavailable, "HTTP 500"})};
          }
          auto found = pods.find(which->name);
          return found == pods.end()
                 || (!which->uid.empty() && found->second.uid != which->uid);
        },
        [](atom::look, const std::string&,
           const std::string& container) -> caf::result<std::string> {
          return "what " + container + " said";
        },
        [](atom::look) -> caf::result<pod_usage_ptr> {
          return caf::error{to_error({ec::not_found, "no metrics here"})};
        },
        [this](atom::sweep) -> caf::result<uint64_t> {
          for (auto& later : std::exchange(launching_, {}))
            later();
          return uint64_t{0};
        },
    };
  }

  console_caller_actor::behavior_type call() {
    return {
        [this](const task_request_ptr& task) -> caf::result<atom::ok> {
          console_calls.push_back(task->task_id);
          if (console_failure)
            return caf::error{to_error(*console_failure)};
          return atom::ok_v;
        },
        // Tries once.
        [](atom::retry, uint64_t) {},
    };
  }

  record_keeper_actor::pointer keeper_ = nullptr;
  pod_worker_actor::pointer worker_ = nullptr;
  std::vector<std::function<void()>> launching_;
  int uids_ = 0;
};

} // namespace motorcade::test
