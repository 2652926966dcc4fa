#include "controller/record_pool.hpp"

#include <stdexcept>

namespace motorcade {

record_pool::record_pool(const std::string& url, size_t connections) {
  for (size_t i = 0; i < connections; ++i) {
    auto records = make_task_records(url);
    if (!records)
      throw std::invalid_argument{records.error().what};
    idle_.push_back(std::move(*records));
  }
}

record_pool::lease::lease(record_pool& from) : pool{from} {
  std::unique_lock lock{pool.mutex_};
  pool.returned_.wait(lock, [&] { return !pool.idle_.empty(); });
  records = std::move(pool.idle_.back());
  pool.idle_.pop_back();
}

record_pool::lease::~lease() {
  std::lock_guard lock{pool.mutex_};
  pool.idle_.push_back(std::move(records));
  pool.returned_.notify_one();
}

} // namespace motorcade
