#include "sidecar/actor_machine.hpp"

#include "runtime/base/log.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <csignal>

namespace motorcade {

namespace {

/// The longest wait for a call of the database once its outcome is not needed.
constexpr auto longest_last_call = std::chrono::seconds{3};

} // namespace

struct actor_machine::world {
  explicit world(size_t threads) : config{threads}, system{config} {}

  struct configured : caf::actor_system_config {
    // A slab is one message, and a millisecond's work: what comes of it goes on
    // to the destination before the next one is parsed.
    explicit configured(size_t threads) { rt::configure(*this, threads, 1); }
  };

  configured config;
  caf::actor_system system;
};

actor_machine::actor_machine(size_t threads)
    : world_{std::make_unique<world>(threads)} {}

actor_machine::~actor_machine() {
  if (!stuck_)
    return;
  log::warn("the process ends although the database has not answered a call");
  // The world is never destroyed: that would wait for the thread.
  [[maybe_unused]] static auto* left_behind = world_.release();
}

caf::actor_system& actor_machine::system() {
  return world_->system;
}

task_result_ptr
actor_machine::conduct(coordinator_actor& conductor, task_log_actor& logs,
                       store_actor& stores, workload_guard& guard,
                       const std::function<void(int)>& on_stop_signal) {
  signals_.start([&](int number) {
    log::info("told to stop by {}", signal_name(number));
    // The task is told first, so that the end of a connector which gets the
    // signal is not taken for the end of its work.
    rt::tell_from_outside(conductor, atom::cancel_v);
    if (on_stop_signal)
      on_stop_signal(number);
  });
  // The guard may call even after this function, until it reports: so it has a
  // handle of its own to the conductor.
  guard.watch([conductor, on_stop_signal](const failure& why) {
    rt::tell_from_outside(conductor, std::make_shared<const failure>(why));
    if (on_stop_signal)
      on_stop_signal(SIGTERM);
  });
  task_result_ptr outcome;
  caf::scoped_actor self{world_->system};
  rt::ask(self.ptr(), caf::infinite, conductor, atom::run_v)
      .receive([&](const task_result_ptr& got) { outcome = got; },
               [&](const caf::error& error) {
                 auto broken = std::make_shared<task_result>();
                 broken->reason = platform_failure(to_failure(error).what);
                 outcome = std::move(broken);
               });
  signals_.stop();
  guard.stop();
  caf::anon_send_exit(conductor, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(logs, caf::exit_reason::user_shutdown);
  // All writes are done or given up by now; a call that the database never
  // answers must not keep the process.
  stuck_ = !rt::end_within(self, stores, longest_last_call);
  return outcome;
}

} // namespace motorcade
