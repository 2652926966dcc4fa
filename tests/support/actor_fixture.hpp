#pragma once

#include "actors/sync/sidecar_actors.hpp"
#include "runtime/log/stderr_log.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <catch2/catch_all.hpp>

#include <chrono>
#include <vector>

namespace motorcade::test {

/// Runs actors on CAF's test scheduler: in the test's own thread, and on a
/// clock that moves only when the test says so. Detached and blocking actors
/// would get threads of their own and must not be spawned here.
class actor_fixture {
public:
  actor_fixture()
      : system{configure(config)},
        self{system, true},
        scheduler{dynamic_cast<caf::scheduler::test_coordinator&>(
            system.scheduler())} {
    // Log lines about the intended faults of a test are not shown.
    start_stderr_log(log_level::fatal);
    // Actors may take a time of zero for none.
    scheduler.clock().current_time += std::chrono::hours{1};
  }

  /// The system waits for every actor that is left, so none may be.
  ~actor_fixture() {
    for (auto& actor : spawned_)
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    run();
  }

  actor_fixture(const actor_fixture&) = delete;
  actor_fixture& operator=(const actor_fixture&) = delete;

  template <class... Ts>
  auto spawn(Ts&&... xs) {
    auto actor = system.spawn(std::forward<Ts>(xs)...);
    spawned_.emplace_back(caf::actor_cast<caf::actor>(actor));
    run();
    return actor;
  }

  /// Delivers messages until there are none, but lets no time pass.
  void run() {
    while (scheduler.try_run_once())
      ;
  }

  /// Lets time pass, in steps so small that every timer finds its moment, and
  /// delivers what that leads to.
  void pass(std::chrono::milliseconds time) {
    using namespace std::chrono_literals;
    run();
    auto step = time < 1s ? 1ms : time < 1min ? 50ms : 1000ms;
    for (auto left = time; left > 0ms; left -= step) {
      scheduler.clock().advance_time(std::min(left, step));
      run();
    }
  }

  /// Tells an actor something and lets it act on it.
  template <class Handle, class... Ts>
  void tell(const Handle& actor, Ts&&... xs) {
    caf::anon_send(actor, std::forward<Ts>(xs)...);
    run();
  }

  caf::actor_system_config config;
  caf::actor_system system;
  caf::scoped_actor self;
  caf::scheduler::test_coordinator& scheduler;

private:
  static caf::actor_system_config& configure(caf::actor_system_config& config) {
    config.set("scheduler.policy", caf::atom("testing"));
    return config;
  }

  std::vector<caf::actor> spawned_;
};

} // namespace motorcade::test
