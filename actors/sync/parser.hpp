#pragma once

#include "actors/sync/sidecar_actors.hpp"

namespace motorcade {

/// One of several parsers, which turn slabs of stdout into rows and messages.
/// Any parser may get any slab: the coordinator restores their order.
struct parser_state {
  static inline constexpr const char* name = "parser";

  std::unique_ptr<slab_parser> lines;
};

/// @param waiting Has the bytes of the slabs that were sent to parsers and are
/// not parsed yet.
parser_actor::behavior_type
parser(parser_actor::stateful_pointer<parser_state> self,
       slab_parser_settings settings, const coordinator_actor& coordinator,
       const byte_window_ptr& waiting);

} // namespace motorcade
