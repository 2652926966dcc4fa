#pragma once

#include <string_view>

namespace motorcade {

/// What the error of a stream says behind the number of its rows that were
/// rejected: they are lost, and another run brings them no more than this one.
inline constexpr std::string_view rejected_note =
    " rejected, see the task's log";

/// @returns whether the error of a task or stream tells of rejected rows.
constexpr bool tells_rejected_rows(std::string_view error) {
  return error.find(rejected_note) != std::string_view::npos;
}

} // namespace motorcade
