#include "runtime/base/quiet_thread.hpp"
#include "runtime/destination/warehouse/load_queue_core.hpp"

#include <chrono>
#include <exception>
#include <utility>

namespace motorcade {

namespace {

/// The time that a thread stays with an upload whose queue ran dry: to end a
/// COPY and begin another costs more than this wait.
constexpr std::chrono::milliseconds linger{10};

} // namespace

void load_queue::core::enqueue(const load_ptr& one) {
  if (one->served) {
    wake.notify_all();
    return;
  }
  if (one->queued || one->closed)
    return;
  one->queued = true;
  ready.push_back(one);
  wake.notify_one();
}

load_queue::core::step load_queue::core::next(const load_ptr& one,
                                              block_ptr& rows) {
  std::unique_lock lock{mutex};
  auto due = [&] {
    return !one->incoming.empty() || one->finished || one->aborted || stopping
           || !ready.empty();
  };
  if (one->loader)
    wake.wait_for(lock, linger, due);
  if (one->aborted || stopping)
    return step::drop;
  if (!one->incoming.empty()) {
    rows = std::move(one->incoming.front());
    one->incoming.pop_front();
    return step::add;
  }
  return one->finished ? step::commit : step::rest;
}

load_queue::core::after load_queue::core::serve(const load_ptr& one) {
  for (;;) {
    block_ptr rows;
    result<void> ok;
    std::optional<load_summary> summary;
    auto over = false;
    const auto began = std::chrono::steady_clock::now();
    switch (next(one, rows)) {
    case step::add:
      if (!one->loader)
        one->loader = make(one->request, one->stop);
      ok = one->loader->add(*rows);
      one->loading += std::chrono::steady_clock::now() - began;
      break;
    case step::commit:
      if (!one->loader)
        one->loader = make(one->request, one->stop);
      if (is_joint(one))
        return meet(one);
      // The notes do not change once the upload is finished.
      if (!one->notes.empty())
        one->loader->note(one->notes);
      ok = one->loader->commit();
      over = true;
      if (ok)
        summary = summarize(*one, began);
      break;
    case step::drop:
      ok = failure{ec::cancelled, one->place + ": aborted"};
      break;
    case step::rest:
      if (one->loader)
        ok = one->loader->pause();
      if (ok)
        return after::goes_on;
    }
    rows.reset();
    if (!ok || over) {
      end(one, ok, summary);
      return after::over;
    }
  }
}

load_summary load_queue::core::summarize(const load& one, time_point began) {
  auto out = one.loader->summary();
  out.loading = one.loading;
  out.merging = std::chrono::steady_clock::now() - began;
  return out;
}

void load_queue::core::end(const load_ptr& one, const result<void>& how,
                           const std::optional<load_summary>& summary) {
  upload_outcome outcome;
  outcome.summary = summary;
  if (!how)
    outcome.error = how.error();
  if (!how && one->loader)
    outcome.retry_after = one->loader->retry_after();
  if (one->loader)
    one->loader->clean_up();
  one->loader.reset();
  std::deque<block_ptr> dropped;
  bool tell = false;
  {
    std::lock_guard lock{mutex};
    one->closed = true;
    dropped.swap(one->incoming);
    open.erase(one);
    if (one->joint)
      unpark(one);
    tell = !silent;
  }
  dropped.clear();
  const auto done = std::exchange(one->done, nullptr);
  if (!done || !tell)
    return;
  done(std::move(outcome));
}

load_queue::load_queue(size_t threads, loader_factory make)
    : core_{std::make_shared<core>(std::move(make))} {
  for (size_t i = 0; i < threads; ++i)
    threads_.push_back(start_quiet_thread([shared = core_] { run(shared); }));
}

load_queue::~load_queue() {
  const auto me = std::this_thread::get_id();
  bool within = false;
  for (const auto& thread : threads_)
    within = within || thread.get_id() == me;
  {
    std::lock_guard lock{core_->mutex};
    core_->stopping = true;
    core_->silent = within;
    for (const auto& one : core_->open)
      one->stop.raise();
    core_->wake.notify_all();
  }
  for (auto& thread : threads_) {
    if (within)
      thread.detach();
    else
      thread.join();
  }
}

void load_queue::run(const std::shared_ptr<core>& shared) {
  auto& queue = *shared;
  for (;;) {
    load_ptr one;
    {
      std::unique_lock lock{queue.mutex};
      queue.wake.wait(lock,
                      [&] { return queue.stopping || !queue.ready.empty(); });
      if (queue.ready.empty()) {
        // No thread serves the others any more: they end here.
        if (queue.open.empty())
          return;
        for (const auto& candidate : queue.open)
          if (!candidate->served)
            one = candidate;
        if (!one)
          return;
      } else {
        one = std::move(queue.ready.front());
        queue.ready.pop_front();
      }
      one->queued = false;
      if (one->closed || one->served)
        continue;
      one->served = true;
    }
    auto then = core::after::over;
    try {
      then = queue.serve(one);
    } catch (const std::exception& error) {
      queue.end(one, failure{ec::destination_unavailable,
                             one->place + ": " + error.what()});
    }
    if (then == core::after::parked)
      continue;
    std::lock_guard lock{queue.mutex};
    one->served = false;
    // Blocks that came meanwhile are served next.
    if (then == core::after::goes_on
        && (!one->incoming.empty() || one->finished || one->aborted
            || queue.stopping))
      queue.enqueue(one);
  }
}

void load_queue::open(const load_ptr& one) {
  std::lock_guard lock{core_->mutex};
  core_->open.insert(one);
}

void load_queue::write(const load_ptr& one, block_ptr rows) {
  if (!rows || rows->size() == 0)
    return;
  std::lock_guard lock{core_->mutex};
  if (one->closed || one->finished || one->aborted)
    return;
  one->incoming.push_back(std::move(rows));
  core_->enqueue(one);
}

void load_queue::note(const load_ptr& one, const state_notes& notes) {
  std::lock_guard lock{core_->mutex};
  if (!one->closed && !one->finished && !one->aborted)
    one->notes = notes;
}

void load_queue::join(const load_ptr& one, const joint_commit_ptr& joint) {
  std::lock_guard lock{core_->mutex};
  if (!one->keeps_states || one->closed || one->finished || one->aborted)
    return;
  one->joint = joint;
  // The commit may change at any time, also after the queue is gone.
  joint->on_change([weak = std::weak_ptr{core_}, which = joint.get()] {
    const auto queue = weak.lock();
    if (!queue)
      return;
    std::lock_guard locked{queue->mutex};
    if (const auto waiting = queue->parked.find(which);
        waiting != queue->parked.end())
      for (const auto& each : waiting->second)
        queue->enqueue(each);
  });
}

void load_queue::finish(const load_ptr& one) {
  std::lock_guard lock{core_->mutex};
  if (one->closed || one->finished || one->aborted)
    return;
  one->finished = true;
  core_->enqueue(one);
}

void load_queue::abort(const load_ptr& one, bool even_if_finished) {
  std::deque<block_ptr> dropped;
  std::lock_guard lock{core_->mutex};
  // While it waits for others no commit is under way.
  const auto may_be_committed =
      one->finished && (one->served || !core_->is_parked(one));
  if (one->closed || one->aborted || (may_be_committed && !even_if_finished))
    return;
  one->aborted = true;
  dropped.swap(one->incoming);
  one->stop.raise();
  core_->enqueue(one);
}

} // namespace motorcade
