#include "actors/supervision/record_keeper.hpp"

#include "runtime/base/log.hpp"
#include "schema/base/excerpt.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The most jobs between two parts of a `touch`: however many jobs come,
/// running tasks must not seem to be stale.
constexpr size_t most_jobs_in_a_row = 16;
/// The most tasks that begin in one transaction: others wait for it.
constexpr size_t most_begins = 64;
/// The longest time from the first part of a sweep's touches to its end; a
/// sweep that takes longer begins anew, so that it closes nothing by outdated
/// touches.
constexpr caf::timespan fresh = 1min;
/// The most bytes of saved states that one task is given to go on from. Several
/// such tasks may be starting, and each holds its states until its Pod is
/// there.
constexpr uint64_t most_continued_bytes = uint64_t{64} << 20;

/// @returns the next tasks, `touch_part` at most.
std::span<const std::string> part_of(const std::vector<std::string>& tasks,
                                     size_t from) {
  return std::span{tasks}.subspan(from,
                                  std::min(touch_part, tasks.size() - from));
}

} // namespace

result<void> record_keeper_state::prepare() {
  if (prepared_)
    return {};
  auto ready = records_->prepare();
  prepared_ = static_cast<bool>(ready);
  return ready;
}

void record_keeper_state::schedule() {
  if (scheduled_)
    return;
  scheduled_ = true;
  rt::tell(self_, self_, atom::work_v);
}

void record_keeper_state::add(job what) {
  jobs_.push_back(std::move(what));
  schedule();
}

result<void> record_keeper_state::check(lead_term term) const {
  if (lead_->allows(term))
    return {};
  return failure{ec::cancelled, "this process is no longer the leader"};
}

result<record_keeper_state::row_end>
record_keeper_state::close(const task_closing& task) {
  if (auto allowed = check(task.term); !allowed)
    return allowed.error();
  auto found = records_->find(task.task_id);
  // If the row cannot be read the task is closed without it.
  if (!found
      && (!task.sync_id.empty()
          || found.error().code == ec::database_unavailable))
    return found.error();
  const auto* row = found && *found ? &**found : nullptr;
  if (!task.sync_id.empty()
      && (row == nullptr || row->sync_id != task.sync_id
          || (!task.package.empty() && row->package != task.package)))
    return failure{ec::not_found, "there is no such task " + task.task_id};
  row_end out;
  out.ended_now = row == nullptr || row->status == task_status::running;
  // The lines are stored before the end, at which a client that follows the log
  // stops.
  const auto& lines = task.lines;
  if (out.ended_now && !lines.rows.empty())
    if (auto put = records_->put_logs(lines.sync_id, lines.task_id, lines.rows);
        !put && put.error().code == ec::database_unavailable)
      return put.error();
  auto ended = records_->end_task(task.task_id, task.status, task.error);
  if (!ended)
    return ended.error();
  out.status = *ended;
  if (!out.ended_now && !task.stopped_by.empty())
    if (auto put = records_->explain_stop(task.task_id, task.stopped_by); !put)
      return put.error();
  return out;
}

result<bool> record_keeper_state::close(const result_closing& what) {
  if (auto allowed = check(what.term); !allowed)
    return allowed.error();
  auto stored = records_->store_failure(what.row, what.started_at);
  if (!stored || !*stored || what.lines.rows.empty())
    return stored;
  add([this, lines = what.lines] {
    return records_->put_logs(lines.sync_id, lines.task_id, lines.rows);
  });
  return stored;
}

void record_keeper_state::begin_tasks() {
  if (begins_.empty())
    return;
  if (auto ready = prepare(); !ready) {
    refuse_begins(ready.error());
    return;
  }
  std::vector<beginning> now;
  std::vector<const task_row*> rows;
  while (!begins_.empty() && now.size() < most_begins) {
    now.push_back(std::move(begins_.front()));
    begins_.pop_front();
    rows.push_back(now.back().row.get());
  }
  const auto begun = records_->begin_tasks(rows);
  for (size_t i = 0; i < now.size(); ++i) {
    if (begun[i])
      now[i].asker.deliver(*begun[i]);
    else
      now[i].asker.deliver(to_error(begun[i].error()));
  }
}

void record_keeper_state::refuse_begins(const failure& why) {
  for (auto& one : std::exchange(begins_, {}))
    one.asker.deliver(to_error(why));
}

void record_keeper_state::work() {
  scheduled_ = false;
  begin_tasks();
  if (jobs_.empty() && touched_ == nullptr) {
    if (!begins_.empty())
      schedule();
    return;
  }
  auto done = prepare();
  // Jobs wait while there is no connection, or tables do not fit: a person may
  // mend both.
  auto put_off = !done;
  auto touches = touched_ != nullptr
                 && (jobs_.empty() || jobs_in_a_row_ >= most_jobs_in_a_row);
  if (done && touches)
    done = touch();
  else if (done && !jobs_.empty())
    done = jobs_.front()();
  put_off = put_off || (!done && done.error().code == ec::database_unavailable);
  if (put_off) {
    scheduled_ = true;
    rt::tell_later(self_, wait_.after(done.error()), self_, atom::work_v);
    refuse_begins(done.error());
    return;
  }
  if (!done)
    log::error("{}", done.error().what);
  wait_.end();
  jobs_in_a_row_ = touches ? 0 : jobs_in_a_row_ + 1;
  if (!touches && !jobs_.empty())
    jobs_.pop_front();
  if (!jobs_.empty() || touched_ != nullptr || !begins_.empty())
    schedule();
}

result<void> record_keeper_state::reach() {
  if (auto ready = prepare(); !ready)
    return ready;
  auto alive = records_->ping();
  // A broken connection is found here, by a call that can be repeated.
  if (!alive && alive.error().code == ec::database_unavailable)
    alive = records_->ping();
  return alive;
}

result<void> record_keeper_state::touch() {
  if (!check(touched_in_)) {
    touched_ = nullptr;
    return {};
  }
  auto part = part_of(*touched_, recorded_);
  if (auto said = records_->touch_tasks(part); !said) {
    if (said.error().code != ec::database_unavailable)
      touched_ = nullptr;
    return said;
  }
  recorded_ += part.size();
  if (recorded_ >= touched_->size())
    touched_ = nullptr;
  return {};
}

void record_keeper_state::sweep(lead_term term, task_ids_ptr kept) {
  struct progress {
    size_t told = 0;
    caf::actor_clock::time_point since;
  };

  add([this, term, kept = std::move(kept),
       at = std::make_shared<progress>()]() -> result<void> {
    if (!check(term))
      return {};
    auto now = self_->clock().now();
    // The database may have been away since the first part, so the sweep begins
    // anew.
    if (at->told > 0 && now - at->since > fresh)
      at->told = 0;
    if (at->told == 0)
      at->since = now;
    auto part = part_of(*kept, at->told);
    if (auto said = records_->touch_tasks(part); !said)
      return said;
    at->told += part.size();
    if (at->told < kept->size()) {
      // The rest of the sweep waits behind the jobs that came meanwhile.
      auto rest = jobs_.front();
      jobs_.push_back(std::move(rest));
      return {};
    }
    if (!check(term))
      return {};
    auto closed = records_->close_stale_tasks(
        stale_age, "nothing runs the task, and its row was not updated for ten "
                   "minutes");
    if (!closed)
      return closed.error();
    for (const auto& id : *closed)
      log::warn("closed task {}: nothing runs it, and its row was not "
                "updated for ten minutes",
                id);
    auto discovers = records_->close_stale_results(
        discover_age_, "nothing runs the discover, and it did not end in time");
    if (!discovers)
      return discovers.error();
    if (*discovers > 0)
      log::warn("closed {} discovers that nothing runs", *discovers);
    return {};
  });
}

record_keeper_actor::behavior_type record_keeper_state::make_behavior(
    record_keeper_actor::pointer self, std::shared_ptr<task_records> records,
    leadership_ptr lead, std::chrono::seconds discover_age) {
  self_ = self;
  records_ = std::move(records);
  lead_ = std::move(lead);
  discover_age_ = discover_age;
  return {
      [this](atom::begin, const task_row_ptr& row) -> caf::result<bool> {
        if (wait_.is_on())
          return caf::error{to_error(
              {ec::database_unavailable, "the database does not answer now"})};
        auto promise = self_->make_response_promise<bool>();
        begins_.push_back({row, promise});
        // Those that come before that message is reached begin with it.
        schedule();
        return promise;
      },
      [this](atom::begin, const result_row_ptr& row) -> caf::result<atom::ok> {
        if (auto ready = reach(); !ready)
          return caf::error{to_error(ready.error())};
        if (auto begun = records_->begin_result(*row); !begun)
          return caf::error{to_error(begun.error())};
        return atom::ok_v;
      },
      [this](atom::states,
             const std::string& sync_id) -> caf::result<saved_states_ptr> {
        if (auto ready = reach(); !ready)
          return caf::error{to_error(ready.error())};
        auto saved = records_->saved_states(sync_id, most_continued_bytes);
        if (!saved)
          return caf::error{to_error(saved.error())};
        if (saved->bytes > most_continued_bytes)
          return caf::error{to_error(
              {ec::invalid_argument,
               "the saved states of sync " + excerpt(sync_id) + " take "
                   + std::to_string(saved->bytes) + " bytes, and a task is "
                   + "given " + std::to_string(most_continued_bytes)
                   + " at most; give it a smaller state, or fullSync=true"})};
        return std::make_shared<const std::vector<saved_state>>(
            std::move(saved->states));
      },
      [this](const task_closing_ptr& task) -> caf::result<task_status, bool> {
        auto promise = self_->make_response_promise<task_status, bool>();
        add([this, task, promise]() mutable -> result<void> {
          auto closed = close(*task);
          if (closed) {
            promise.deliver(closed->status, closed->ended_now);
            return {};
          }
          auto code = closed.error().code;
          if (code != ec::database_unavailable)
            promise.deliver(to_error(closed.error()));
          // not_found and cancelled are answers, not faults of the database.
          return code == ec::not_found || code == ec::cancelled
                     ? result<void>{}
                     : closed.error();
        });
        return promise;
      },
      [this](const result_closing_ptr& what) -> caf::result<bool> {
        auto promise = self_->make_response_promise<bool>();
        add([this, what, promise]() mutable -> result<void> {
          auto closed = close(*what);
          if (closed) {
            promise.deliver(*closed);
            return {};
          }
          auto code = closed.error().code;
          if (code != ec::database_unavailable)
            promise.deliver(to_error(closed.error()));
          return code == ec::cancelled ? result<void>{} : closed.error();
        });
        return promise;
      },
      [this](const task_lines_ptr& lines) {
        add([this, lines] {
          return check(lines->term) ? records_->put_logs(
                     lines->sync_id, lines->task_id, lines->rows)
                                    : result<void>{};
        });
      },
      [this](atom::touch, lead_term term, const task_ids_ptr& tasks) {
        touched_ = tasks;
        touched_in_ = term;
        recorded_ = 0;
        schedule();
      },
      [this](atom::sweep, lead_term term, const task_ids_ptr& kept) {
        sweep(term, kept);
      },
      [this](atom::work) { work(); },
  };
}

record_keeper_actor::behavior_type
record_keeper(record_keeper_actor::stateful_pointer<record_keeper_state> self,
              std::shared_ptr<task_records> records, leadership_ptr lead,
              std::chrono::seconds discover_age) {
  return rt::state(self).make_behavior(self, std::move(records),
                                       std::move(lead), discover_age);
}

} // namespace motorcade
