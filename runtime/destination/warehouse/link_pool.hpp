#pragma once

#include "runtime/destination/warehouse/idle_links.hpp"
#include "runtime/destination/warehouse/interruption.hpp"
#include "runtime/destination/warehouse/link_limits.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

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
    if (auto link = idle_.take()) {
      link->use(stop);
      return link;
    }
    auto limits = limits_;
    limits.connect = patience;
    return Link::connect(config_, application_, limits, stop);
  }

  /// @param link Outside of a transaction, or broken.
  void give(std::unique_ptr<Link> link) {
    if (link && link->open())
      idle_.give(std::move(link));
  }

  /// Takes a link for one call, and gives it back.
  /// @param call Takes the link and returns a `result`; it leaves no
  /// transaction open.
  /// @returns what the call returns, or why there is no link.
  template <class Call>
  auto with_link(const interruption& stop, Call call,
                 std::chrono::milliseconds patience = {})
      -> decltype(call(std::declval<Link&>())) {
    auto link = take(stop, patience);
    if (!link)
      return link.error();
    auto done = call(**link);
    give(*std::move(link));
    return done;
  }

  /// @returns the config of all links.
  const Config& config() const { return config_; }

  /// @returns the name by which the server knows the links.
  const std::string& application() const { return application_; }

private:
  const Config config_;
  const std::string application_;
  const link_limits limits_;
  idle_links<Link> idle_;
};

} // namespace motorcade
