#pragma once

#include "support/database_world.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace motorcade::test {

/// Measures the CPU time that calls of a database take, so that a busy machine
/// does not count: that of this thread, in which SQLite works, too, and that of
/// the processes in which Postgres serves the connections of the test.
class cpu_meter {
public:
  /// Measures this thread alone.
  cpu_meter() = default;

  /// Precondition: the connections that calls will use are there.
  explicit cpu_meter(database_world& world) {
    if (!world.is_postgres())
      return;
    // No further processes have a share in a query.
    world.query("ALTER SYSTEM SET max_parallel_workers_per_gather = 0");
    world.query("SELECT pg_reload_conf()");
    const auto rows =
        world.query("SELECT pid::text FROM pg_stat_activity WHERE backend_type "
                    "= 'client backend' AND pid <> pg_backend_pid()");
    for (const auto& row : rows)
      served_.push_back("/proc/" + row.at(0).value() + "/schedstat");
    if (served_.empty())
      throw std::runtime_error{"no connection to measure"};
  }

  /// Calls `f` seven times, and up to sixty while none of the calls took less
  /// than 100 ms: where cores are shared with other machines or threads, the
  /// same work takes several times as long for a while.
  /// @returns the least CPU time of a call.
  template <class F>
  std::chrono::microseconds least(F f) const {
    constexpr std::chrono::milliseconds goal{100};
    auto out = std::chrono::nanoseconds::max();
    for (int i = 0; i < 7 || (out >= goal && i < 60); ++i) {
      const auto begin = now();
      f();
      out = std::min(out, now() - begin);
    }
    return std::chrono::ceil<std::chrono::microseconds>(out);
  }

private:
  std::chrono::nanoseconds now() const {
    timespec own{};
    if (::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own) != 0)
      throw std::runtime_error{"this thread's CPU time is not known"};
    auto out = std::chrono::seconds{own.tv_sec}
               + std::chrono::nanoseconds{own.tv_nsec};
    for (const auto& path : served_) {
      int64_t spent = 0;
      // The connections of earlier tests may have ended.
      if (std::ifstream file{path}; file >> spent)
        out += std::chrono::nanoseconds{spent};
    }
    return out;
  }

  std::vector<std::string> served_;
};

} // namespace motorcade::test
