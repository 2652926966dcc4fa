#pragma once

#include "actors/session/source_reading.hpp"
#include "actors/sync/death_watch.hpp"
#include "actors/sync/own_lines.hpp"
#include "actors/sync/sidecar_actors.hpp"
#include "runtime/base/byte_window.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade {

/// Starts the actors that read the connector's output. They report to the given
/// coordinator.
using start_reading = std::function<reading_actors(coordinator_actor)>;

/// The actors that work for the conductor of a task (coordinator or inquirer),
/// and the task's result, which the conductor promised to the actor that
/// started it. Only the conductor calls this, in its handlers.
class task_crew {
public:
  /// @param conductor Outlives this.
  /// @param window Where the sidecar's own lines have shares; may be null.
  task_crew(coordinator_actor::pointer conductor, store_actor store,
            task_log_actor log, byte_window_ptr window)
      : conductor_{conductor},
        store_{std::move(store)},
        log_{std::move(log)},
        window_{std::move(window)} {}

  task_crew(const task_crew&) = delete;
  task_crew& operator=(const task_crew&) = delete;

  /// @returns the time of the conductor's clock.
  session_time now() const {
    return std::chrono::duration_cast<session_time>(
        conductor_->clock().now().time_since_epoch());
  }

  /// Sends the conductor a `tick` in a second.
  void tick_later() {
    rt::tell_later(conductor_, std::chrono::seconds{1}, conductor_,
                   atom::tick_v);
  }

  /// Waits until the database can be used, for as long as it is away.
  /// @param ready Called then.
  /// @param refused Called with the reason, in words, if it never will be.
  template <class Ready, class Refused>
  void prepare_store(Ready ready, Refused refused) {
    rt::ask(conductor_, write_patience, store_, atom::prepare_v)
        .then([ready](atom::ok) { ready(); },
              [refused](const caf::error& error) {
                refused(to_failure(error).what);
              });
  }

  /// Starts to read the connector's output. From now on the conductor gets a
  /// caf::down_msg if one of readers, parsers, store and log dies.
  void start_readers(const start_reading& start) {
    auto reading = start(caf::actor_cast<coordinator_actor>(conductor_));
    deaths_.add_task(conductor_, reading, store_, log_);
    readers_ = std::move(reading.readers);
  }

  /// Has the readers take what is in the pipes, and close these. May be called
  /// again.
  void stop_readers() {
    for (auto& reader : readers_)
      rt::tell(conductor_, reader, atom::stop_v);
  }

  /// @returns what a reading needs. The conductor gets `watch` when the reading
  /// asks for another look. Lives no longer than the crew.
  /// @param signal_connector Empty: the connector cannot be reached.
  source_reading::callbacks
  callbacks_for_reading(std::function<void(int)> signal_connector) {
    return {std::move(signal_connector), [this] { stop_readers(); },
            [this] {
              rt::tell_later(conductor_, std::chrono::milliseconds{50},
                             conductor_, atom::watch_v);
            },
            [this](log_level level, std::string_view text) {
              log(level, text);
            }};
  }

  /// @returns the deaths of actors in words; the conductor may add actors.
  death_watch& deaths() { return deaths_; }

  /// Keeps a line of the sidecar's own until `send_own_lines`, so that those of
  /// one handler are one message.
  void log(log_level level, std::string_view text) {
    own_lines_.add(level, text);
  }

  /// Sends the lines that `log` has kept to the task's log.
  void send_own_lines() {
    if (auto lines = own_lines_.take(window_))
      send_lines(std::move(lines));
  }

  /// Sends lines to the task's log.
  void send_lines(log_batch_ptr lines) {
    rt::tell(conductor_, log_, std::move(lines));
  }

  /// Has all lines that were sent stored.
  /// @param done Called with the number of lost lines and the reason in words.
  template <class Done>
  void store_log(Done done) {
    rt::ask(conductor_, write_patience, log_, atom::flush_v)
        .then(
            [done](uint64_t lost, const std::string& why) { done(lost, why); },
            [done](const caf::error& error) {
              done(1, to_failure(error).what);
            });
  }

  /// Answers `run`: with the result, at once if there is one already.
  /// @param begin Starts the task, if that was not done; called at most once.
  template <class Begin>
  caf::result<task_result_ptr> run(Begin begin) {
    if (ended_)
      return ended_;
    promise_ = conductor_->make_response_promise<task_result_ptr>();
    // The task may end in `begin`, which delivers and empties `promise_`.
    auto answer = promise_;
    if (!std::exchange(begun_, true))
      begin();
    return answer;
  }

  /// Gives the answer to `run`.
  void answer(task_result result) {
    ended_ = std::make_shared<const task_result>(std::move(result));
    if (promise_.pending())
      promise_.deliver(ended_);
  }

  /// Gives the answer to `run` if the conductor dies.
  void answer(const failure& why) {
    if (promise_.pending())
      promise_.deliver(to_error(why));
  }

private:
  coordinator_actor::pointer conductor_;
  store_actor store_;
  task_log_actor log_;
  byte_window_ptr window_;
  std::vector<pipe_reader_actor> readers_;
  death_watch deaths_;
  own_lines own_lines_;
  caf::typed_response_promise<task_result_ptr> promise_;
  task_result_ptr ended_;
  bool begun_ = false;
};

/// Makes the behaviour of an actor that leads a task. Its state is told of the
/// deaths of other actors by `on_down`, and gives its last answers by
/// `on_death` when it dies itself.
template <class State, class Settings>
coordinator_actor::behavior_type
conduct_task(coordinator_actor::stateful_pointer<State> self,
             Settings settings) {
  auto& state = rt::state(self);
  self->set_down_handler(
      [&state](const caf::down_msg& down) { state.on_down(down); });
  tell_exceptions(self, [&state](const failure& why) { state.on_death(why); });
  return state.make_behavior(self, std::move(settings));
}

} // namespace motorcade
