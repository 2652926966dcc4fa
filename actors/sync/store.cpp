#include "actors/sync/store.hpp"

#include <algorithm>

namespace motorcade {

void store_state::schedule() {
  if (scheduled)
    return;
  scheduled = true;
  rt::tell(self, self, atom::work_v);
}

void store_state::work() {
  scheduled = false;
  if (!prepared) {
    auto ready = db->prepare();
    if (!ready && wait_for_database(ready.error()))
      return;
    if (!ready) {
      refuse_all(ready.error());
      return;
    }
    prepared = true;
    wait.end();
    for (auto& promise : std::exchange(owed_prepare, {}))
      promise.deliver(atom::ok_v);
  }
  auto done = true;
  if (config != nullptr)
    done = write_config();
  else if (!states.empty())
    done = write_states();
  else if (task != nullptr)
    done = write_task();
  else if (!results.empty())
    done = write_result();
  else if (!logs.empty())
    done = write_logs();
  if (done
      && (config != nullptr || !states.empty() || task != nullptr
          || !results.empty() || !logs.empty()))
    schedule();
}

bool store_state::wait_for_database(const failure& reason) {
  if (reason.code != ec::database_unavailable)
    return false;
  scheduled = true;
  rt::tell_later(self, wait.after(reason), self, atom::work_v);
  return true;
}

bool store_state::over(const result<void>& written) {
  if (!written && wait_for_database(written.error()))
    return false;
  wait.end();
  return true;
}

void store_state::refuse_all(const failure& reason) {
  auto error = to_error(reason);
  for (auto& promise : std::exchange(owed_prepare, {}))
    promise.deliver(error);
  config = nullptr;
  for (auto& promise : std::exchange(owed_config, {}))
    promise.deliver(error);
  states.clear();
  for (auto& owed : std::exchange(owed_states, {}))
    owed.promise.deliver(error);
  task = nullptr;
  for (auto& promise : std::exchange(owed_task, {}))
    promise.deliver(error);
  for (auto& [row, promise] : std::exchange(results, {}))
    promise.deliver(error);
  for (auto& [rows, promise] : std::exchange(logs, {}))
    promise.deliver(error);
}

bool store_state::write_config() {
  auto written = db->put_config(*config);
  if (!over(written))
    return false;
  config = nullptr;
  for (auto& promise : std::exchange(owed_config, {})) {
    if (written)
      promise.deliver(atom::ok_v);
    else
      promise.deliver(to_error(written.error()));
  }
  return true;
}

bool store_state::write_states() {
  if (one_by_one)
    return write_one_state();
  auto written = db->put_states(sync_id, states);
  if (!over(written))
    return false;
  if (!written && states.size() > 1) {
    one_by_one = true;
    return true;
  }
  if (!written)
    refused_states[states.front().stream] = written.error();
  states.clear();
  answer_states();
  return true;
}

bool store_state::write_one_state() {
  auto written = db->put_states(sync_id, std::span{states}.first(1));
  if (!over(written))
    return false;
  if (!written)
    refused_states[states.front().stream] = written.error();
  states.erase(states.begin());
  if (states.empty())
    answer_states();
  return true;
}

void store_state::answer_states() {
  for (auto& owed : std::exchange(owed_states, {})) {
    auto refused = refused_states.end();
    for (const auto& key : owed.keys)
      if (refused == refused_states.end())
        refused = refused_states.find(key);
    if (refused == refused_states.end())
      owed.promise.deliver(atom::ok_v);
    else
      owed.promise.deliver(to_error(refused->second));
  }
  refused_states.clear();
  one_by_one = false;
}

bool store_state::write_task() {
  auto written = db->put_task(*task);
  if (!over(written ? result<void>{} : result<void>{written.error()}))
    return false;
  task = nullptr;
  for (auto& promise : std::exchange(owed_task, {})) {
    if (written)
      promise.deliver(*written);
    else
      promise.deliver(to_error(written.error()));
  }
  return true;
}

template <class Queue, class Write>
bool store_state::write_first(Queue& queue, Write write) {
  auto written = write(*queue.front().first);
  if (!over(written))
    return false;
  auto promise = queue.front().second;
  queue.pop_front();
  if (written)
    promise.deliver(atom::ok_v);
  else
    promise.deliver(to_error(written.error()));
  return true;
}

bool store_state::write_result() {
  return write_first(
      results, [this](const result_row& row) { return db->put_result(row); });
}

bool store_state::write_logs() {
  return write_first(logs, [this](const std::vector<log_row>& rows) {
    return db->put_logs(sync_id, task_id, rows);
  });
}

store_actor::behavior_type
store(store_actor::stateful_pointer<store_state> self,
      std::shared_ptr<database> db, std::string sync_id, std::string task_id) {
  auto& st = rt::state(self);
  st.self = self;
  st.db = std::move(db);
  st.sync_id = std::move(sync_id);
  st.task_id = std::move(task_id);
  tell_exceptions(self, [&st](const failure& why) { st.refuse_all(why); });
  return {
      [&st](atom::prepare) -> caf::result<atom::ok> {
        auto promise = st.self->make_response_promise<atom::ok>();
        if (st.prepared) {
          promise.deliver(atom::ok_v);
        } else {
          st.owed_prepare.push_back(promise);
          st.schedule();
        }
        return promise;
      },
      [&st](const task_row_ptr& row) -> caf::result<task_status> {
        st.task = row;
        auto promise = st.self->make_response_promise<task_status>();
        st.owed_task.push_back(promise);
        st.schedule();
        return promise;
      },
      [&st](const config_row_ptr& row) -> caf::result<atom::ok> {
        auto promise = st.self->make_response_promise<atom::ok>();
        st.config = row;
        st.owed_config.push_back(promise);
        st.schedule();
        return promise;
      },
      [&st](const state_rows_ptr& rows) -> caf::result<atom::ok> {
        store_state::owed_state owed;
        for (const auto& row : *rows) {
          owed.keys.push_back(row.stream);
          std::erase_if(st.states, [&](const auto& old) {
            return old.stream == row.stream;
          });
          st.states.push_back(row);
        }
        auto promise = st.self->make_response_promise<atom::ok>();
        owed.promise = promise;
        st.owed_states.push_back(std::move(owed));
        st.schedule();
        return promise;
      },
      [&st](const result_row_ptr& row) -> caf::result<atom::ok> {
        auto promise = st.self->make_response_promise<atom::ok>();
        st.results.emplace_back(row, promise);
        st.schedule();
        return promise;
      },
      [&st](const log_rows_ptr& rows) -> caf::result<atom::ok> {
        auto promise = st.self->make_response_promise<atom::ok>();
        st.logs.emplace_back(rows, promise);
        st.schedule();
        return promise;
      },
      [&st](atom::work) { st.work(); },
  };
}

} // namespace motorcade
