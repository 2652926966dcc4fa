#include "actors/supervision/task_registry.hpp"
#include "runtime/base/log.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/kubernetes/pod_manifest.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// When a delayed task is tried again that came at a moment which may pass.
constexpr caf::timespan busy_pause = 5s;
/// The time that the process which keeps a scheduled start has for beginning
/// it.
constexpr auto foreign_grace = 20s;

bool may_pass(ec code) {
  return code == ec::too_busy || code == ec::database_unavailable
         || code == ec::timed_out;
}

} // namespace

std::chrono::seconds start_delay(const std::string& sync_id) {
  constexpr int base = 16;
  constexpr size_t digits = 8;
  constexpr unsigned long spread = 60;
  auto hash = std::stoul(sha256_hex(sync_id).substr(0, digits), nullptr, base);
  return std::chrono::seconds{hash % spread};
}

caf::result<atom::ok> task_registry_state::delay(const task_request_ptr& task) {
  auto made = make_pod_manifest(*task, setup.settings);
  if (!made)
    return refuse(made.error());
  if (delayed.contains(made->name)
      || (!task->task_id.empty()
          && !tasks.find_pod({task->sync_id, task->task_id}).empty()))
    return refuse({ec::already_exists,
                   "task " + task->task_id + " waits or runs already"});
  auto bytes = motorcade::document_bytes(*task);
  if (document_bytes + bytes > setup.most_document_bytes)
    return refuse({ec::too_busy, "the documents of tasks that wait take too "
                                 "much memory"});
  auto wait = start_delay(task->sync_id);
  auto kept = std::make_shared<delayed_task>();
  kept->name = made->name;
  kept->start_at = utc_now() + wait;
  kept->task = *task;
  auto pod = kept->name;
  document_bytes += bytes;
  delayed.emplace(pod, waiting{without_documents(*task), bytes});
  auto promise = self->make_response_promise<atom::ok>();
  // One worker for all of them, so that nothing overtakes.
  rt::ask(self, api_patience, setup.workers.front(), atom::put_aside_v,
          delayed_task_ptr{std::move(kept)})
      .then(
          [this, pod, wait, promise](atom::ok) mutable {
            auto found = delayed.find(pod);
            if (found != delayed.end()) {
              const auto& about = found->second.task;
              log::info("task {} of sync {} starts in {} s", about.task_id,
                        about.sync_id, wait.count());
              rt::tell_later(self, wait, self, atom::start_v, pod);
            }
            promise.deliver(atom::ok_v);
          },
          [this, pod, promise](const caf::error& error) mutable {
            forget_delayed(pod, false);
            promise.deliver(refuse(to_failure(error)));
          });
  return promise;
}

void task_registry_state::start_delayed(const std::string& pod) {
  auto found = delayed.find(pod);
  if (found == delayed.end() || found->second.starting
      || found->second.cancelled)
    return;
  if (!listed) {
    try_delayed_again(pod);
    return;
  }
  // Read where it is kept: a process that has cancelled or started it has
  // deleted it there.
  rt::ask(self, api_patience, setup.workers.front(), atom::read_aside_v, pod)
      .then([this,
             pod](const task_request_ptr& task) { begin_delayed(pod, task); },
            [this, pod](const caf::error& error) {
              auto why = to_failure(error);
              if (why.code == ec::not_found) {
                log::debug("{} was started or cancelled elsewhere", pod);
                forget_delayed(pod, false);
              } else if (why.code == ec::invalid_argument) {
                log::error("{}: {}", pod, why.what);
                forget_delayed(pod, true);
              } else {
                log::warn("{} is not started yet: {}", pod, why.what);
                try_delayed_again(pod);
              }
            });
}

void task_registry_state::begin_delayed(const std::string& pod,
                                        const task_request_ptr& task) {
  auto found = delayed.find(pod);
  // Two may have looked at one time.
  if (found == delayed.end() || found->second.cancelled
      || found->second.starting)
    return;
  found->second.starting = true;
  // It is counted as one that is launched from here on.
  auto bytes = std::exchange(found->second.bytes, 0);
  document_bytes -= bytes;
  auto now = std::make_shared<task_request>(*task);
  now->started_at = utc_now();
  launch(now, true, [this, pod, bytes, now](const std::optional<failure>& why) {
    auto at = delayed.find(pod);
    if (at == delayed.end())
      return;
    if (why && may_pass(why->code)) {
      at->second.starting = false;
      at->second.bytes = bytes;
      document_bytes += bytes;
      try_delayed_again(pod);
      return;
    }
    if (why)
      log::warn("task {} was not started: {}", now->task_id, why->what);
    forget_delayed(pod, true);
  });
}

void task_registry_state::try_delayed_again(const std::string& pod) {
  rt::tell_later(self, busy_pause, self, atom::start_v, pod);
}

void task_registry_state::forget_delayed(const std::string& pod, bool drop) {
  if (auto node = delayed.extract(pod))
    document_bytes -= node.mapped().bytes;
  if (!drop)
    return;
  rt::ask(self, api_patience, setup.workers.front(), atom::drop_aside_v, pod)
      .then([](bool) {},
            [pod](const caf::error& why) {
              // The leader finds it, and that there was such a task.
              log::warn("{}: its scheduled start is kept: {}", pod,
                        to_failure(why).what);
            });
}

void task_registry_state::cancel_delayed(const std::string& pod,
                                         const task_key_ptr& which,
                                         ok_promise promise) {
  delayed[pod].cancelled = true;
  rt::ask(self, api_patience, setup.workers.front(), atom::drop_aside_v, pod)
      .then(
          [this, pod, which, promise](bool was) mutable {
            auto node = delayed.extract(pod);
            if (node)
              document_bytes -= node.mapped().bytes;
            if (was && node)
              store_cancel(node.mapped().task, promise);
            else
              // Another process has started it.
              cancel_row(which, promise);
          },
          [this, pod, promise](const caf::error& why) mutable {
            if (auto found = delayed.find(pod); found != delayed.end()) {
              found->second.cancelled = false;
              try_delayed_again(pod);
            }
            promise.deliver(why);
          });
}

void task_registry_state::store_cancel(const task_request& task,
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
  rt::ask(self, write_patience, setup.records, atom::begin_v,
          task_row_ptr{std::move(row)})
      .then(
          [this, which, promise](bool stored) mutable {
            if (stored)
              promise.deliver(atom::ok_v);
            else
              cancel_row(which, promise);
          },
          fail);
}

void task_registry_state::cancel_aside(const task_key_ptr& which,
                                       const failure& otherwise,
                                       ok_promise promise) {
  auto fail = [promise](const caf::error& why) mutable {
    promise.deliver(why);
  };
  rt::ask(self, api_patience, setup.workers.front(), atom::list_aside_v)
      .then(
          [this, which, otherwise, promise,
           fail](const delayed_tasks_ptr& all) mutable {
            auto found =
                std::find_if(all->begin(), all->end(), [&](const auto& one) {
                  return one.task.task_id == which->task_id
                         && one.task.sync_id == which->sync_id
                         && (which->package.empty()
                             || one.task.package == which->package);
                });
            if (found == all->end()) {
              promise.deliver(to_error(otherwise));
              return;
            }
            rt::ask(self, api_patience, setup.workers.front(),
                    atom::drop_aside_v, found->name)
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

void task_registry_state::look_aside() {
  rt::ask(self, api_patience, setup.workers.front(), atom::list_aside_v)
      .then(
          [this](const delayed_tasks_ptr& all) {
            auto now = utc_now();
            for (const auto& one : *all) {
              auto [place, fresh] = delayed.try_emplace(one.name);
              if (!fresh)
                continue;
              place->second.task = one.task;
              auto due = one.start_at;
              if (!setup.only_replica)
                due += foreign_grace;
              // The time may come from another machine's clock, so the wait is
              // bounded.
              auto wait = std::clamp<std::chrono::milliseconds>(
                  std::chrono::ceil<std::chrono::milliseconds>(due - now), 0ms,
                  2min);
              rt::tell_later(self, wait, self, atom::start_v, one.name);
            }
          },
          [](const caf::error& why) {
            log::warn("scheduled starts of other replicas are not known: {}",
                      to_failure(why).what);
          });
}

} // namespace motorcade
