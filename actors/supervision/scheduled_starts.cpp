#include "actors/supervision/scheduled_starts.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The pause before another try of a start that failed for a reason which may
/// pass.
constexpr caf::timespan busy_pause = 5s;

/// The time that the process which keeps a scheduled start has for beginning
/// it.
constexpr auto foreign_grace = 20s;

bool may_pass(ec code) {
  return code == ec::too_busy || code == ec::database_unavailable
         || code == ec::timed_out;
}

/// @returns whether it is that task.
/// @param which An empty package stands for any.
bool is_task(const task_request& task, const task_key& which) {
  return task.task_id == which.task_id && task.sync_id == which.sync_id
         && (which.package.empty() || task.package == which.package);
}

} // namespace

std::chrono::seconds start_delay(const std::string& sync_id) {
  constexpr int base = 16;
  constexpr size_t digits = 8;
  constexpr unsigned long spread = 60;
  auto hash = std::stoul(sha256_hex(sync_id).substr(0, digits), nullptr, base);
  return std::chrono::seconds{hash % spread};
}

scheduled_starts::scheduled_starts(task_registry_actor::pointer registry,
                                   setup with, launch_budget& budget,
                                   callbacks registry_functions)
    : registry_{registry},
      setup_{std::move(with)},
      budget_{budget},
      callbacks_{std::move(registry_functions)} {}

void scheduled_starts::keep(const task_request& task, const std::string& pod,
                            ok_promise promise) {
  auto wait = start_delay(task.sync_id);
  auto kept = std::make_shared<delayed_task>();
  kept->name = pod;
  kept->start_at = utc_now() + wait;
  kept->task = task;
  auto bytes = document_bytes(task);
  budget_.hold(bytes);
  waiting_.emplace(pod, waiting{without_documents(task), bytes});
  rt::ask(registry_, api_patience, setup_.worker, atom::put_aside_v,
          delayed_task_ptr{std::move(kept)})
      .then(
          [this, pod, wait, promise](atom::ok) mutable {
            auto found = waiting_.find(pod);
            if (found != waiting_.end()) {
              const auto& about = found->second.task;
              log::info("task {} of sync {} starts in {} s", about.task_id,
                        about.sync_id, wait.count());
              rt::tell_later(registry_, wait, registry_, atom::start_v, pod);
            }
            promise.deliver(atom::ok_v);
          },
          [this, pod, promise](const caf::error& error) mutable {
            forget(pod);
            promise.deliver(callbacks_.refuse(to_failure(error)));
          });
}

void scheduled_starts::begin(const std::string& pod, bool may_start) {
  auto found = waiting_.find(pod);
  if (found == waiting_.end() || found->second.starting
      || found->second.cancelled)
    return;
  if (!may_start) {
    try_again(pod);
    return;
  }
  // The start is read where it is kept: a process that has cancelled or started
  // it has deleted it there.
  rt::ask(registry_, api_patience, setup_.worker, atom::read_aside_v, pod)
      .then([this, pod](const task_request_ptr& task) { launch(pod, task); },
            [this, pod](const caf::error& error) {
              auto why = to_failure(error);
              if (why.code == ec::not_found) {
                log::debug("another syncctl started or cancelled {}", pod);
                forget(pod);
              } else if (why.code == ec::invalid_argument) {
                log::error("{} is not started: {}", pod, why.what);
                drop(pod);
              } else {
                log::warn("{} is started later: {}", pod, why.what);
                try_again(pod);
              }
            });
}

void scheduled_starts::launch(const std::string& pod,
                              const task_request_ptr& task) {
  auto found = waiting_.find(pod);
  // Two looks may have been under way at the same time.
  if (found == waiting_.end() || found->second.cancelled
      || found->second.starting)
    return;
  found->second.starting = true;
  // From here on the budget counts it as a launch.
  auto bytes = std::exchange(found->second.bytes, 0);
  budget_.let_go(bytes);
  auto now = std::make_shared<task_request>(*task);
  now->started_at = utc_now();
  callbacks_.launch(
      now, [this, pod, bytes, now](const std::optional<failure>& why) {
        auto at = waiting_.find(pod);
        if (at == waiting_.end())
          return;
        if (why && may_pass(why->code)) {
          at->second.starting = false;
          at->second.bytes = bytes;
          budget_.hold(bytes);
          try_again(pod);
          return;
        }
        if (why)
          log::warn("task {} was not started: {}", now->task_id, why->what);
        drop(pod);
      });
}

void scheduled_starts::try_again(const std::string& pod) {
  rt::tell_later(registry_, busy_pause, registry_, atom::start_v, pod);
}

std::optional<task_request> scheduled_starts::forget(const std::string& pod) {
  auto node = waiting_.extract(pod);
  if (!node)
    return std::nullopt;
  budget_.let_go(node.mapped().bytes);
  return std::move(node.mapped().task);
}

void scheduled_starts::drop(const std::string& pod) {
  forget(pod);
  rt::ask(registry_, api_patience, setup_.worker, atom::drop_aside_v, pod)
      .then([](bool) {},
            [pod](const caf::error& why) {
              // The leader will find it, and see that there was such a task.
              log::warn("the scheduled start of {} is not deleted yet: {}", pod,
                        to_failure(why).what);
            });
}

bool scheduled_starts::cancel(const task_key_ptr& which, ok_promise promise) {
  auto found =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& one) {
        return !one.second.starting && is_task(one.second.task, *which);
      });
  if (found == waiting_.end())
    return false;
  found->second.cancelled = true;
  auto pod = found->first;
  rt::ask(registry_, api_patience, setup_.worker, atom::drop_aside_v, pod)
      .then(
          [this, pod, which, promise](bool was) mutable {
            auto task = forget(pod);
            if (was && task)
              store_cancel(*task, promise);
            else
              // Another process has started it.
              callbacks_.cancel_row(which, promise);
          },
          [this, pod, promise](const caf::error& why) mutable {
            if (auto at = waiting_.find(pod); at != waiting_.end()) {
              at->second.cancelled = false;
              try_again(pod);
            }
            promise.deliver(why);
          });
  return true;
}

void scheduled_starts::store_cancel(const task_request& task,
                                    ok_promise promise) {
  log::info("task {} was cancelled before its start", task.task_id);
  // Its kept start is gone, and a process that has read it before cannot begin
  // it either.
  auto fail = [promise](const caf::error& why) mutable {
    log::warn("its cancel could not be stored: {}", to_failure(why).what);
    promise.deliver(atom::ok_v);
  };
  if (task.command != "read") {
    promise.deliver(atom::ok_v);
    return;
  }
  auto row = std::make_shared<task_row>();
  row->sync_id = task.sync_id;
  row->task_id = task.task_id;
  row->package = task.package;
  row->version = task.version;
  row->started_at = utc_now();
  row->started_by = task.started_by;
  row->status = task_status::cancelled;
  row->error = to_brief(cancelled_failure());
  auto which =
      std::make_shared<const task_key>(task_key{task.sync_id, task.task_id});
  rt::ask(registry_, write_patience, setup_.records, atom::begin_v,
          task_row_ptr{std::move(row)})
      .then(
          [this, which, promise](bool stored) mutable {
            if (stored)
              promise.deliver(atom::ok_v);
            else
              callbacks_.cancel_row(which, promise);
          },
          fail);
}

void scheduled_starts::cancel_elsewhere(const task_key_ptr& which,
                                        const failure& otherwise,
                                        ok_promise promise) {
  auto fail = [promise](const caf::error& why) mutable {
    promise.deliver(why);
  };
  rt::ask(registry_, api_patience, setup_.worker, atom::list_aside_v)
      .then(
          [this, which, otherwise, promise,
           fail](const delayed_tasks_ptr& all) mutable {
            auto found =
                std::find_if(all->begin(), all->end(), [&](const auto& one) {
                  return is_task(one.task, *which);
                });
            if (found == all->end()) {
              promise.deliver(to_error(otherwise));
              return;
            }
            rt::ask(registry_, api_patience, setup_.worker, atom::drop_aside_v,
                    found->name)
                .then(
                    [this, task = found->task, promise](bool was) mutable {
                      if (was)
                        store_cancel(task, promise);
                      else
                        promise.deliver(to_error(
                            {ec::timed_out, "the task was just started or "
                                            "cancelled elsewhere; ask again"}));
                    },
                    fail);
          },
          fail);
}

void scheduled_starts::look_for_others() {
  rt::ask(registry_, api_patience, setup_.worker, atom::list_aside_v)
      .then(
          [this](const delayed_tasks_ptr& all) {
            auto now = utc_now();
            for (const auto& one : *all) {
              auto [place, fresh] = waiting_.try_emplace(one.name);
              if (!fresh)
                continue;
              place->second.task = one.task;
              auto due = one.start_at;
              if (!setup_.only_replica)
                due += foreign_grace;
              // The time may come from another machine's clock, so the wait is
              // bounded.
              auto wait = std::clamp<std::chrono::milliseconds>(
                  std::chrono::ceil<std::chrono::milliseconds>(due - now), 0ms,
                  2min);
              rt::tell_later(registry_, wait, registry_, atom::start_v,
                             one.name);
            }
          },
          [](const caf::error& why) {
            log::warn("cannot list the scheduled starts of other replicas: {}",
                      to_failure(why).what);
          });
}

} // namespace motorcade
