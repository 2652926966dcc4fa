#pragma once

#include "schema/base/excerpt.hpp"
#include "schema/base/stream_id.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// @returns a stream's key, or what a broken line has of it, fit for a message:
/// in one line and cut, since a connector may give any name.
inline std::string name_in_message(std::string_view key) {
  constexpr size_t longest = 80;
  return excerpt(key, longest);
}

/// @returns the stream's key in one line, cut if it is long, for a message.
inline std::string name_in_message(const stream_id& id) {
  return name_in_message(id.key());
}

} // namespace motorcade
