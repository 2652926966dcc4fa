#include "actors/store.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr caf::timespan first_pause = 250ms;
constexpr caf::timespan longest_pause = 2s;

} // namespace

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
      for (auto& promise : std::exchange(owed_prepare, {}))
        promise.deliver(to_error(ready.error()));
      return;
    }
    prepared = true;
    pause = {};
    for (auto& promise : std::exchange(owed_prepare, {}))
      promise.deliver(atom::ok_v);
  }
  auto done = true;
  if (!states.empty())
    done = write_states();
  else if (task != nullptr)
    done = write_task();
  else if (!logs.empty())
    done = write_logs();
  if (done && (!states.empty() || task != nullptr || !logs.empty()))
    schedule();
}

bool store_state::wait_for_database(const failure& reason) {
  if (reason.code != ec::database_unavailable)
    return false;
  if (pause == caf::timespan{})
    spdlog::warn("the database is not available, trying again: {}",
                 reason.what);
  pause = std::clamp(pause * 2, first_pause, longest_pause);
  scheduled = true;
  rt::tell_later(self, pause, self, atom::work_v);
  return true;
}

bool store_state::over(const result<void>& written,
                       std::vector<ok_promise>& owed) {
  if (!written && wait_for_database(written.error()))
    return false;
  if (written && pause != caf::timespan{}) {
    spdlog::info("the database is available again");
    pause = {};
  }
  for (auto& promise : std::exchange(owed, {})) {
    if (written)
      promise.deliver(atom::ok_v);
    else
      promise.deliver(to_error(written.error()));
  }
  return true;
}

bool store_state::write_states() {
  if (!over(db->put_states(sync_id, states), owed_states))
    return false;
  states.clear();
  return true;
}

bool store_state::write_task() {
  auto written = db->put_task(*task);
  if (!written && wait_for_database(written.error()))
    return false;
  if (written)
    pause = {};
  task = nullptr;
  for (auto& promise : std::exchange(owed_task, {})) {
    if (written)
      promise.deliver(*written);
    else
      promise.deliver(to_error(written.error()));
  }
  return true;
}

bool store_state::write_logs() {
  std::vector<ok_promise> owed{logs.front().second};
  if (!over(db->put_logs(sync_id, task_id, *logs.front().first), owed))
    return false;
  logs.pop_front();
  return true;
}

store_actor::behavior_type
store(store_actor::stateful_pointer<store_state> self,
      std::shared_ptr<database> db, std::string sync_id, std::string task_id) {
  auto& st = rt::state(self);
  st.self = self;
  st.db = std::move(db);
  st.sync_id = std::move(sync_id);
  st.task_id = std::move(task_id);
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
      [&st](const state_rows_ptr& rows) -> caf::result<atom::ok> {
        for (const auto& row : *rows) {
          std::erase_if(st.states, [&](const auto& old) {
            return old.stream == row.stream;
          });
          st.states.push_back(row);
        }
        auto promise = st.self->make_response_promise<atom::ok>();
        st.owed_states.push_back(promise);
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
