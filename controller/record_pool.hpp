#pragma once

#include "runtime/records/task_records.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// Some connections to the records, for readers of several threads. Nobody
/// waits long: neither for a connection, nor in a line of many, nor for a
/// database that has just let somebody else wait.
class record_pool {
public:
  using clock = std::chrono::steady_clock;

  struct limits {
    /// How long a reader waits for a connection.
    std::chrono::milliseconds wait = std::chrono::seconds{2};
    /// How many may wait.
    size_t waiting = 16;
    /// A call that failed after so long has met a database that hangs. One
    /// reader at a time tries it then, and the others are told so at once.
    std::chrono::milliseconds slow = std::chrono::seconds{1};
  };

  /// @param make Makes one reader's records.
  record_pool(const std::function<task_records_ptr()>& make, size_t connections,
              limits most);

  /// Throws std::invalid_argument where the URL cannot be used.
  record_pool(const std::string& url, size_t connections);

  /// Calls `f(task_records&)` with a connection that nobody else uses; twice
  /// where that broke quickly, perhaps while nobody used it. So it is for
  /// reading only.
  /// @returns database_unavailable also where no connection is free in time.
  template <class F>
  auto read(F f) -> decltype(f(std::declval<task_records&>())) {
    lease held{*this};
    if (held.refusal)
      return *held.refusal;
    auto out = f(*held.records);
    auto broke = [&out] {
      return !out && out.error().code == ec::database_unavailable;
    };
    if (broke() && !held.is_slow())
      out = f(*held.records);
    held.hung = broke() && held.is_slow();
    return out;
  }

private:
  /// A connection that is given back in the end.
  struct lease {
    explicit lease(record_pool& from);
    ~lease();
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;

    bool is_slow() const { return clock::now() - began >= pool.most_.slow; }

    record_pool& pool;
    task_records_ptr records;
    /// Why there are none.
    std::optional<failure> refusal;
    clock::time_point began;
    bool hung = false;
  };

  const limits most_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<task_records_ptr> idle_;
  size_t waiting_ = 0;
  size_t busy_ = 0;
  /// The last call has met a database that hangs.
  bool hangs_ = false;
};

/// @returns records for readers that others wait for: no call takes more than
/// some seconds. Throws std::invalid_argument where the URL cannot be used.
task_records_ptr make_reading_records(const std::string& url);

} // namespace motorcade
