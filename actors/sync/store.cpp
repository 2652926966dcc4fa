#include "actors/sync/store.hpp"

#include <algorithm>

namespace motorcade {

void store_state::schedule() {
  if (scheduled_)
    return;
  scheduled_ = true;
  rt::tell(self_, self_, atom::work_v);
}

void store_state::work() {
  scheduled_ = false;
  if (!prepared_) {
    auto ready = db_->prepare();
    if (!ready && wait_for_database(ready.error()))
      return;
    if (!ready) {
      refuse_all(ready.error());
      return;
    }
    prepared_ = true;
    wait_.end();
    for (auto& promise : std::exchange(owed_prepare_, {}))
      promise.deliver(atom::ok_v);
  }
  auto done = true;
  if (config_ != nullptr)
    done = write_config();
  else if (states_are_due())
    done = write_states();
  else if (task_ != nullptr)
    done = write_task();
  else if (!results_.empty())
    done = write_result();
  else if (!logs_.empty())
    done = write_logs();
  if (done
      && (config_ != nullptr || states_are_due() || task_ != nullptr
          || !results_.empty() || !logs_.empty()))
    schedule();
}

bool store_state::states_are_due() {
  if (states_.empty() || states_due_)
    return !states_.empty();
  // The task's row and its results tell of states as saved: they are written
  // after the states, and wait for no turn.
  if (task_ != nullptr || !results_.empty()) {
    states_due_ = true;
    return true;
  }
  const auto wait = state_pace_.begin(self_->clock().now());
  states_due_ = wait == write_pace::clock::duration::zero();
  if (!states_due_ && !states_timed_) {
    states_timed_ = true;
    rt::tell_later(self_, wait, self_, atom::tick_v);
  }
  return states_due_;
}

bool store_state::wait_for_database(const failure& reason) {
  if (reason.code != ec::database_unavailable)
    return false;
  scheduled_ = true;
  rt::tell_later(self_, wait_.after(reason), self_, atom::work_v);
  return true;
}

bool store_state::over(const result<void>& written) {
  if (!written && wait_for_database(written.error()))
    return false;
  wait_.end();
  return true;
}

void store_state::refuse_all(const failure& reason) {
  auto error = to_error(reason);
  for (auto& promise : std::exchange(owed_prepare_, {}))
    promise.deliver(error);
  config_ = nullptr;
  for (auto& promise : std::exchange(owed_config_, {}))
    promise.deliver(error);
  states_.clear();
  states_due_ = one_by_one_ = false;
  for (auto& owed : std::exchange(owed_states_, {}))
    owed.promise.deliver(error);
  task_ = nullptr;
  for (auto& promise : std::exchange(owed_task_, {}))
    promise.deliver(error);
  for (auto& [row, promise] : std::exchange(results_, {}))
    promise.deliver(error);
  for (auto& [rows, promise] : std::exchange(logs_, {}))
    promise.deliver(error);
}

bool store_state::write_config() {
  auto written = db_->put_config(*config_);
  if (!over(written))
    return false;
  config_ = nullptr;
  for (auto& promise : std::exchange(owed_config_, {})) {
    if (written)
      promise.deliver(atom::ok_v);
    else
      promise.deliver(to_error(written.error()));
  }
  return true;
}

bool store_state::write_states() {
  if (one_by_one_)
    return write_one_state();
  auto written = db_->put_states(sync_id_, states_);
  if (!over(written))
    return false;
  if (!written && states_.size() > 1) {
    one_by_one_ = true;
    return true;
  }
  if (!written)
    refused_states_[states_.front().stream] = written.error();
  states_.clear();
  answer_states();
  return true;
}

bool store_state::write_one_state() {
  auto written = db_->put_states(sync_id_, std::span{states_}.first(1));
  if (!over(written))
    return false;
  if (!written)
    refused_states_[states_.front().stream] = written.error();
  states_.erase(states_.begin());
  if (states_.empty())
    answer_states();
  return true;
}

void store_state::answer_states() {
  for (auto& owed : std::exchange(owed_states_, {})) {
    auto refused = refused_states_.end();
    for (const auto& key : owed.keys)
      if (refused == refused_states_.end())
        refused = refused_states_.find(key);
    if (refused == refused_states_.end())
      owed.promise.deliver(atom::ok_v);
    else
      owed.promise.deliver(to_error(refused->second));
  }
  refused_states_.clear();
  one_by_one_ = false;
  states_due_ = false;
}

bool store_state::write_task() {
  auto written = db_->put_task(*task_);
  if (!over(written ? result<void>{} : result<void>{written.error()}))
    return false;
  task_ = nullptr;
  for (auto& promise : std::exchange(owed_task_, {})) {
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
      results_, [this](const result_row& row) { return db_->put_result(row); });
}

bool store_state::write_logs() {
  return write_first(logs_, [this](const std::vector<log_row>& rows) {
    return db_->put_logs(sync_id_, task_id_, rows);
  });
}

store_actor::behavior_type
store_state::make_behavior(store_actor::pointer self,
                           std::shared_ptr<database> db, std::string sync_id,
                           std::string task_id) {
  self_ = self;
  db_ = std::move(db);
  sync_id_ = std::move(sync_id);
  task_id_ = std::move(task_id);
  tell_exceptions(self, [this](const failure& why) { refuse_all(why); });
  return {
      [this](atom::prepare) -> caf::result<atom::ok> {
        auto promise = self_->make_response_promise<atom::ok>();
        if (prepared_) {
          promise.deliver(atom::ok_v);
        } else {
          owed_prepare_.push_back(promise);
          schedule();
        }
        return promise;
      },
      [this](const task_row_ptr& row) -> caf::result<task_status> {
        task_ = row;
        auto promise = self_->make_response_promise<task_status>();
        owed_task_.push_back(promise);
        schedule();
        return promise;
      },
      [this](const config_row_ptr& row) -> caf::result<atom::ok> {
        auto promise = self_->make_response_promise<atom::ok>();
        config_ = row;
        owed_config_.push_back(promise);
        schedule();
        return promise;
      },
      [this](const state_rows_ptr& rows) -> caf::result<atom::ok> {
        store_state::owed_state owed;
        for (const auto& row : *rows) {
          owed.keys.push_back(row.stream);
          std::erase_if(states_, [&](const auto& old) {
            return old.stream == row.stream;
          });
          states_.push_back(row);
        }
        auto promise = self_->make_response_promise<atom::ok>();
        owed.promise = promise;
        owed_states_.push_back(std::move(owed));
        schedule();
        return promise;
      },
      [this](const result_row_ptr& row) -> caf::result<atom::ok> {
        auto promise = self_->make_response_promise<atom::ok>();
        results_.emplace_back(row, promise);
        schedule();
        return promise;
      },
      [this](const log_rows_ptr& rows) -> caf::result<atom::ok> {
        auto promise = self_->make_response_promise<atom::ok>();
        logs_.emplace_back(rows, promise);
        schedule();
        return promise;
      },
      [this](atom::work) { work(); },
      [this](atom::tick) {
        states_timed_ = false;
        schedule();
      },
  };
}

store_actor::behavior_type
store(store_actor::stateful_pointer<store_state> self,
      std::shared_ptr<database> db, std::string sync_id, std::string task_id) {
  return rt::state(self).make_behavior(self, std::move(db), std::move(sync_id),
                                       std::move(task_id));
}

} // namespace motorcade
