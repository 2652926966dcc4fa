#pragma once

#include "schema/lines/message_kind.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace motorcade {

/// Notices messages that are printed over several lines, e.g. indented JSON:
/// each of their lines is mere text, and all together are a message that is
/// lost.
class spread_message {
public:
  /// Takes the next line of text.
  /// @param line Its number; a gap ends what was begun.
  /// @returns the kind of a message of which `type` and own member were seen by
  /// now, in lines right behind each other; each message once.
  std::optional<message_kind> next(uint64_t number, std::string_view line);

private:
  struct seen {
    bool type = false;
    bool member = false;
  };

  uint64_t expected_ = 0;
  std::array<seen, message_kind_count> seen_ = {};
};

} // namespace motorcade
