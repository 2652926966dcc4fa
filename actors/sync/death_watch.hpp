#pragma once

#include "actors/sync/sidecar_actors.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace motorcade {

/// The actors that read a connector.
struct reading_actors {
  /// The readers of stdout and stderr.
  std::vector<pipe_reader_actor> readers;
  /// The readers' parsers.
  std::vector<parser_actor> parsers = {};
};

/// Monitors the actors that another actor needs, with their roles, so that a
/// death can be reported in words. To be called from that other actor alone.
class death_watch {
public:
  /// Lets `self` get a caf::down_msg at the death of an actor.
  /// @param role What the actor does, in words, e.g. "a parser of stdout".
  template <class Self, class Handle>
  void add(Self* self, const Handle& actor, std::string role) {
    self->monitor(actor);
    roles_.emplace(actor.address(), std::move(role));
  }

  /// Adds the actors that every task has.
  template <class Self>
  void add_task(Self* self, const reading_actors& reading,
                const store_actor& store, const task_log_actor& log) {
    for (const auto& reader : reading.readers)
      add(self, reader, "a reader of the connector's output");
    for (const auto& parser : reading.parsers)
      add(self, parser, "a parser of the connector's output");
    add(self, store, "the writer to the database");
    add(self, log, "the writer of the task's log");
  }

  /// @returns the dead actor's role and the reason, for a person.
  failure words_of(const caf::down_msg& down) const {
    auto found = roles_.find(down.source);
    constexpr std::string_view prefix = "internal error: ";
    auto why = to_failure(down.reason).what;
    if (why.starts_with(prefix))
      why.erase(0, prefix.size());
    return {ec::system_failed,
            std::string{prefix}
                + (found == roles_.end() ? "an actor" : found->second)
                + " died: " + why};
  }

private:
  std::map<caf::actor_addr, std::string> roles_;
};

} // namespace motorcade
