#pragma once

#include "runtime/destination/postgres/postgres_link.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace motorcade {

/// A pool of connections that are not in use. Thread-safe.
class postgres_pool {
public:
  /// @param application The name of its connections at the server.
  postgres_pool(postgres_config config, std::string application,
                link_limits limits)
      : config_{std::move(config)},
        application_{std::move(application)},
        limits_{limits} {}

  /// @param stop Interrupts the link until it is given back.
  /// @param patience The time limit for a new connection; 0: the limit in the
  /// config.
  result<std::unique_ptr<postgres_link>>
  take(const interruption& stop, std::chrono::milliseconds patience = {}) {
    std::unique_ptr<postgres_link> link;
    {
      std::lock_guard lock{mutex_};
      if (!idle_.empty()) {
        link = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (link) {
      link->use(stop);
      return link;
    }
    auto limits = limits_;
    limits.connect = patience;
    return postgres_link::connect(config_, application_, limits, stop);
  }

  /// @param link Outside of a transaction, or broken.
  void give(std::unique_ptr<postgres_link> link) {
    if (!link || !link->open())
      return;
    std::lock_guard lock{mutex_};
    idle_.push_back(std::move(link));
  }

  const postgres_config& config() const { return config_; }

  const std::string& application() const { return application_; }

private:
  const postgres_config config_;
  const std::string application_;
  const link_limits limits_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<postgres_link>> idle_;
};

using postgres_pool_ptr = std::shared_ptr<postgres_pool>;

} // namespace motorcade
