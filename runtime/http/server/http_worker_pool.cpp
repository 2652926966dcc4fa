#include "runtime/http/server/http_worker_pool.hpp"

#include "runtime/base/quiet_thread.hpp"

#include <system_error>

namespace motorcade {

http_worker_pool::http_worker_pool(size_t most_threads, size_t most_waiting,
                                   std::function<void(job)> serve)
    : most_threads_{most_threads},
      most_waiting_{most_waiting},
      serve_{std::move(serve)} {}

bool http_worker_pool::offer(job& request) {
  {
    std::lock_guard lock{mutex_};
    if (waiting_.size() >= idle_ && threads_.size() < most_threads_) {
      try {
        threads_.push_back(start_quiet_thread([this] { work(); }));
        ++idle_;
      } catch (const std::system_error&) {
        // If no further thread can be made, the existing ones do the work.
      }
    }
    if (waiting_.size() >= idle_ + most_waiting_ || threads_.empty())
      return false;
    waiting_.push_back(std::move(request));
  }
  changed_.notify_one();
  return true;
}

void http_worker_pool::work() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
    if (waiting_.empty())
      return;
    auto request = std::move(waiting_.front());
    waiting_.pop_front();
    --idle_;
    lock.unlock();
    serve_(std::move(request));
    lock.lock();
    ++idle_;
  }
}

void http_worker_pool::finish() {
  {
    std::lock_guard lock{mutex_};
    over_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_)
    thread.join();
  threads_.clear();
}

} // namespace motorcade
