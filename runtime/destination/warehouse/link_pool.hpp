#pragma once

#include "runtime/destination/warehouse/interruption.hpp"
#include "runtime/destination/warehouse/link_limits.hpp"
#include "schema/base/result.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace motorcade {

/// A pool of connections that are not in use. Thread-safe.
/// @tparam Link Has `connect(config, application, limits, stop)`, `use(stop)`
/// and `open()`.
template <class Link, class Config>
class link_pool {
public:
  /// @param application The name of its connections at the server.
  link_pool(Config config, std::string application, link_limits limits)
      : config_{std::move(config)},
        application_{std::move(application)},
        limits_{limits} {}

  /// @param stop Interrupts the link until it is given back.
  /// @param patience The time limit for a new connection; 0: the limit in the
  /// config.
  result<std::unique_ptr<Link>> take(const interruption& stop,
                                     std::chrono::milliseconds patience = {}) {
    std::unique_ptr<Link> link;
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
    return Link::connect(config_, application_, limits, stop);
  }

  /// @param link Outside of a transaction, or broken.
  void give(std::unique_ptr<Link> link) {
    if (!link || !link->open())
      return;
    std::lock_guard lock{mutex_};
    idle_.push_back(std::move(link));
  }

  const Config& config() const { return config_; }

  const std::string& application() const { return application_; }

private:
  const Config config_;
  const std::string application_;
  const link_limits limits_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Link>> idle_;
};

} // namespace motorcade
