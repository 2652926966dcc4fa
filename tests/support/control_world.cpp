#include "support/control_world.hpp"

#include <utility>

namespace motorcade::test {

record_keeper_actor::behavior_type
control_world::keep_records(record_keeper_actor::pointer own,
                            const leadership_ptr& lead) {
  return {
      [this](atom::begin, const task_row_ptr& row) -> caf::result<bool> {
        if (database_away)
          return caf::error{
              to_error({ec::database_unavailable, "the database is away"})};
        auto status = std::string{to_string(row->status)};
        auto begun = rows.emplace(row->task_id, status).second;
        if (begun)
          errors[row->task_id] = row->error;
        return begun || (row->resumes && rows[row->task_id] == "RUNNING");
      },
      [](atom::begin, const result_row_ptr&) -> caf::result<atom::ok> {
        return atom::ok_v;
      },
      [this](atom::states,
             const std::string& sync_id) -> caf::result<saved_states_ptr> {
        deeds.emplace_back("look");
        if (states_away)
          return caf::error{
              to_error({ec::database_unavailable, "the database is away"})};
        return std::make_shared<const std::vector<saved_state>>(saved[sync_id]);
      },
      [this, own,
       lead](const task_closing_ptr& task) -> caf::result<task_status, bool> {
        if (forbids(lead, task->term))
          return leads_no_more();
        if (rows.count(task->task_id) == 0 || task->sync_id == "other")
          return caf::error{to_error(
              {ec::not_found, "there is no such task " + task->task_id})};
        if (database_away) {
          auto promise = own->make_response_promise<task_status, bool>();
          waiting[own->id()].push_back([this, task, promise, lead]() mutable {
            if (forbids(lead, task->term))
              promise.deliver(leads_no_more());
            else
              deliver_end(promise, *task);
          });
          return promise;
        }
        return {close(*task), is_told(*task)};
      },
      [this, lead](const result_closing_ptr& what) -> caf::result<bool> {
        if (forbids(lead, what->term))
          return leads_no_more();
        deeds.emplace_back("store");
        if (sidecar_told_result)
          return false;
        results.push_back(what->row.description);
        note(what->lines);
        return true;
      },
      [this, lead](const task_lines_ptr& some) {
        if (!forbids(lead, some->term))
          note(*some);
      },
      [this, lead](atom::touch, lead_term term, const task_ids_ptr& ids) {
        if (!forbids(lead, term))
          touches += ids->size();
      },
      [this, lead](atom::sweep, lead_term term, const task_ids_ptr& kept) {
        if (forbids(lead, term))
          return;
        for (const auto& id : *kept)
          silent.erase(id);
        for (const auto& id : std::exchange(silent, {}))
          if (rows[id] == "RUNNING")
            rows[id] = "FAILED";
      },
      // Promises are kept by the actor that gave them.
      [this, own](atom::work) {
        for (auto& later : std::exchange(waiting[own->id()], {}))
          later();
      },
  };
}

void control_world::deliver_end(
    caf::typed_response_promise<task_status, bool>& to,
    const task_closing& task) {
  auto status = close(task);
  to.deliver(status, is_told(task));
}

task_status control_world::close(const task_closing& task) {
  deeds.emplace_back("store");
  auto& row = rows[task.task_id];
  if (row == "RUNNING") {
    row = std::string{to_string(task.status)};
    errors[task.task_id] = task.error;
    note(task.lines);
  }
  auto out = task_status::failed;
  from_string(row, out);
  return out;
}

pod_worker_actor::behavior_type
control_world::work(pod_worker_actor::pointer own, const leadership_ptr& lead) {
  return {
      [this,
       own](const task_manifest_ptr& manifest) -> caf::result<pod_status_ptr> {
        deeds.emplace_back("launch");
        launched = manifest;
        if (launch_failure)
          return caf::error{to_error(*launch_failure)};
        if (pods.contains(manifest->name))
          return caf::error{to_error({ec::already_exists, "HTTP 409"})};
        auto& pod = pods[manifest->name];
        pod.name = manifest->name;
        pod.uid = "uid-" + std::to_string(++uids_);
        auto answer = std::make_shared<const pod_status>(pod);
        if (!slow_launch)
          return pod_status_ptr{answer};
        auto promise = own->make_response_promise<pod_status_ptr>();
        launching_[own->id()].push_back([promise, answer]() mutable {
          promise.deliver(pod_status_ptr{answer});
        });
        return promise;
      },
      [this, lead](const pod_removal_ptr& which) -> caf::result<bool> {
        if (forbids(lead, which->term))
          return leads_no_more();
        deeds.emplace_back("remove");
        if (removal_failures > 0) {
          --removal_failures;
          return caf::error{to_error({ec::service_unavailable, "HTTP 500"})};
        }
        auto found = pods.find(which->name);
        return found == pods.end()
               || (!which->uid.empty() && found->second.uid != which->uid);
      },
      [this](atom::last_lines, const std::string&,
             const std::string& container) -> caf::result<std::string> {
        return "what " + container + " said" + more_lines;
      },
      [this](atom::usage) -> caf::result<pod_usages_ptr> {
        if (!used.empty())
          return std::make_shared<const std::map<std::string, pod_usage>>(used);
        return caf::error{to_error({ec::not_found, "no metrics here"})};
      },
      [this, own, lead](atom::sweep, lead_term term) -> caf::result<uint64_t> {
        if (forbids(lead, term))
          return leads_no_more();
        for (auto& later : std::exchange(launching_[own->id()], {}))
          later();
        return uint64_t{0};
      },
      [this](atom::put_aside,
             const delayed_task_ptr& task) -> caf::result<atom::ok> {
        if (aside_failure)
          return caf::error{to_error(*aside_failure)};
        if (!aside.emplace(task->name, *task).second)
          return caf::error{to_error({ec::already_exists, "HTTP 409"})};
        return atom::ok_v;
      },
      [this](atom::list_aside) -> caf::result<delayed_tasks_ptr> {
        std::vector<delayed_task> out;
        for (auto [name, task] : aside) {
          task.task = without_documents(task.task);
          out.push_back(task);
        }
        return std::make_shared<const std::vector<delayed_task>>(out);
      },
      [this](atom::read_aside,
             const std::string& name) -> caf::result<task_request_ptr> {
        if (aside_failure)
          return caf::error{to_error(*aside_failure)};
        auto found = aside.find(name);
        if (found == aside.end())
          return caf::error{to_error({ec::not_found, "HTTP 404"})};
        return std::make_shared<const task_request>(found->second.task);
      },
      [this](atom::drop_aside, const std::string& name) -> caf::result<bool> {
        if (aside_failure)
          return caf::error{to_error(*aside_failure)};
        return aside.erase(name) > 0;
      },
  };
}

console_caller_actor::behavior_type control_world::call() {
  return {
      [this](const task_request_ptr& task, lead_term) -> caf::result<atom::ok> {
        console_calls.push_back(task->task_id);
        if (console_failure)
          return caf::error{to_error(*console_failure)};
        return atom::ok_v;
      },
      // Tries once.
      [](atom::retry, uint64_t) {},
  };
}

size_t control_world::add(std::shared_ptr<leadership> lead, bool only_replica) {
  auto& one = replicas.emplace_back();
  one.lead = std::move(lead);
  one.records =
      spawn([this, lead = one.lead](record_keeper_actor::pointer own) {
        return keep_records(own, lead);
      });
  one.worker = spawn([this, lead = one.lead](pod_worker_actor::pointer own) {
    return work(own, lead);
  });
  auto console =
      spawn([this](console_caller_actor::pointer) { return call(); });
  task_registry_setup setup;
  setup.settings = settings;
  setup.records = one.records;
  setup.workers = {one.worker};
  setup.console = console;
  setup.lead = one.lead;
  setup.only_replica = only_replica;
  one.registry = spawn(task_registry, std::move(setup));
  use(replicas.size() - 1);
  return replicas.size() - 1;
}

} // namespace motorcade::test
