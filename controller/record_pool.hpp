#pragma once

#include "runtime/task_records.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace motorcade {

/// Some connections to the records, for readers of several threads.
class record_pool {
public:
  /// Throws std::invalid_argument where the URL cannot be used.
  record_pool(const std::string& url, size_t connections);

  /// Calls `f(task_records&)` with a connection that nobody else uses; twice
  /// where that broke, perhaps while nobody used it. So it is for reading only.
  template <class F>
  auto read(F f) {
    lease held{*this};
    auto out = f(*held.records);
    if (!out && out.error().code == ec::database_unavailable)
      out = f(*held.records);
    return out;
  }

private:
  /// A connection that is given back in the end.
  struct lease {
    explicit lease(record_pool& from);
    ~lease();
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;

    record_pool& pool;
    task_records_ptr records;
  };

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<task_records_ptr> idle_;
};

} // namespace motorcade
