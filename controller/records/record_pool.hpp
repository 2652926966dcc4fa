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

/// A pool of connections to the records, for readers of several threads.
/// Waiting is bounded: for a connection, by the number of waiting readers, and
/// for a database that has just kept another reader waiting.
class record_pool {
public:
  using clock = std::chrono::steady_clock;

  /// The bounds of waiting.
  struct limits {
    /// The longest wait for a connection.
    std::chrono::milliseconds wait = std::chrono::seconds{2};
    /// The most readers that may wait.
    size_t waiting = 16;
    /// A call that failed after so long has met a database that hangs. Then one
    /// reader at a time tries it, and the others fail at once.
    std::chrono::milliseconds slow = std::chrono::seconds{1};
  };

  /// @param make Makes one reader's records.
  record_pool(const std::function<task_records_ptr()>& make, size_t connections,
              limits most);

  /// Throws std::invalid_argument if the URL cannot be used.
  record_pool(const std::string& url, size_t connections);

  /// Calls `f(task_records&)` with a connection that no other thread uses.
  /// @returns database_unavailable also if no connection is free in time.
  template <class F>
  auto read(F f) -> decltype(f(std::declval<task_records&>())) {
    pooled held{*this};
    if (held.refusal)
      return *held.refusal;
    auto out = f(*held.records);
    held.hung =
        !out && out.error().code == ec::database_unavailable && held.is_slow();
    return out;
  }

private:
  /// A connection taken from the pool, which the destructor gives back.
  struct pooled {
    /// Waits for a connection; `refusal` says why there is none.
    explicit pooled(record_pool& from);
    ~pooled();
    pooled(const pooled&) = delete;
    pooled& operator=(const pooled&) = delete;

    /// @returns whether the call has taken so long that the database hangs.
    bool is_slow() const { return clock::now() - began >= pool.most_.slow; }

    record_pool& pool;
    task_records_ptr records;
    /// The failure if there are none.
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

/// @returns records for readers that clients wait for: no call takes more than
/// some seconds. Throws std::invalid_argument if the URL cannot be used.
task_records_ptr make_reading_records(const std::string& url);

} // namespace motorcade
