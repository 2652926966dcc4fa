#include "controller/records/record_pool.hpp"

#include <stdexcept>

namespace motorcade {

namespace {

using namespace std::chrono_literals;

/// The time limit of a page of rows: other readers wait for the connection.
constexpr database_patience reading{3s, 5s};

failure unavailable(const char* why) {
  return {ec::database_unavailable, why};
}

} // namespace

record_pool::record_pool(const std::function<task_records_ptr()>& make,
                         size_t connections, limits most)
    : most_{most} {
  for (size_t i = 0; i < connections; ++i)
    idle_.push_back(make());
}

record_pool::record_pool(const std::string& url, size_t connections)
    : record_pool{[&url] { return make_reading_records(url); }, connections,
                  limits{}} {}

record_pool::pooled::pooled(record_pool& from)
    : pool{from}, began{clock::now()} {
  std::unique_lock lock{pool.mutex_};
  if (pool.hangs_ && pool.busy_ > 0) {
    refusal = unavailable("the database does not answer at present");
    return;
  }
  if (pool.idle_.empty() && pool.waiting_ >= pool.most_.waiting) {
    refusal = unavailable("too many requests wait for the database");
    return;
  }
  ++pool.waiting_;
  auto got = pool.returned_.wait_for(lock, pool.most_.wait,
                                     [this] { return !pool.idle_.empty(); });
  --pool.waiting_;
  if (!got) {
    refusal = unavailable("the database is too slow at present");
    return;
  }
  records = std::move(pool.idle_.back());
  pool.idle_.pop_back();
  ++pool.busy_;
  began = clock::now();
}

record_pool::pooled::~pooled() {
  if (refusal)
    return;
  std::lock_guard lock{pool.mutex_};
  pool.hangs_ = hung;
  --pool.busy_;
  pool.idle_.push_back(std::move(records));
  pool.returned_.notify_one();
}

task_records_ptr make_reading_records(const std::string& url) {
  auto records = make_task_records(url, reading);
  if (!records)
    throw std::invalid_argument{records.error().what};
  return std::move(*records);
}

} // namespace motorcade
