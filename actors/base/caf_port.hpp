#pragma once

// The only header with names that CAF changed after 0.17: a port to CAF 1.x
// begins here.

#include <caf/all.hpp>

#include <utility>

namespace motorcade::rt {

/// A clause with an answer: `on<In...>::gives<Out...>`.
template <class... In>
struct on {
  template <class... Out>
  using gives = typename caf::replies_to<In...>::template with<Out...>;
};

/// A clause without an answer.
template <class... In>
using takes = caf::reacts_to<In...>;

/// @returns the state of a stateful actor.
template <class Self>
auto& state(Self* self) {
  return self->state;
}

/// Sends a message that gets no answer.
template <class Self, class Handle, class... Ts>
void tell(Self* self, const Handle& receiver, Ts&&... xs) {
  self->send(receiver, std::forward<Ts>(xs)...);
}

/// Sends a message from a thread that is no actor's.
template <class Handle, class... Ts>
void tell_from_outside(const Handle& receiver, Ts&&... xs) {
  caf::anon_send(receiver, std::forward<Ts>(xs)...);
}

/// Sends a message once `delay` has passed on the scheduler's clock.
template <class Self, class Handle, class... Ts>
void tell_later(Self* self, caf::timespan delay, const Handle& receiver,
                Ts&&... xs) {
  self->delayed_send(receiver, delay, std::forward<Ts>(xs)...);
}

/// Asks for an answer. `then` must be given a handler for the answer and one
/// for the error, or the error ends the asking actor.
template <class Self, class Timeout, class Handle, class... Ts>
auto ask(Self* self, Timeout patience, const Handle& receiver, Ts&&... xs) {
  return self->request(receiver, patience, std::forward<Ts>(xs)...);
}

/// Tells an actor to end, if there is one.
///
/// To be used for an actor to which a thread outside of CAF may hold a
/// reference: without it that thread could destroy the actor, after the system
/// is gone.
template <class Handle>
void end(const Handle& actor) {
  if (actor)
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

/// Ends an actor from outside.
/// @returns whether the actor was gone in time.
template <class Handle>
bool end_within(caf::scoped_actor& self, const Handle& actor,
                caf::timespan longest) {
  auto gone = true;
  self->monitor(actor);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  self->receive([](const caf::down_msg&) {},
                caf::after(longest) >> [&] { gone = false; });
  return gone;
}

/// Sets up the scheduler as it was measured to be best for few busy actors.
/// @param messages The most that an actor handles before others have their
/// turn. Unlimited, one busy actor delays the others' answers by a second.
inline void configure(caf::actor_system_config& config, size_t threads,
                      size_t messages = 100) {
  config.set("scheduler.max-threads", threads);
  config.set("scheduler.max-throughput", messages);
  // Work stealing polls, and so costs CPU while the connector is silent.
  config.set("scheduler.policy", caf::atom("sharing"));
}

/// @returns whether the error's code is one of the enumeration `Code`.
template <class Code>
bool is_error_of(const caf::error& reason) {
  return reason.category() == caf::detail::error_factory<Code>::category;
}

} // namespace motorcade::rt

// Gives a type that only travels within one process its id. In a block of type
// ids; `type` is qualified and stands in no parentheses.
#define MOTORCADE_ADD_PAYLOAD(block, type)                                     \
  CAF_ADD_TYPE_ID(block, (type))                                               \
  CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)

#define MOTORCADE_ERROR_CODES(type, category)                                  \
  CAF_ERROR_CODE_ENUM(type, category)
