#pragma once

#include <string_view>

namespace motorcade {

/// The words that follow the number of rejected rows in a stream's error. The
/// rows are lost, and another run would lose them as well.
inline constexpr std::string_view rejected_note =
    " rejected, see the task's log";

/// @returns whether the error of a task or stream tells of rejected rows.
constexpr bool tells_rejected_rows(std::string_view error) {
  return error.find(rejected_note) != std::string_view::npos;
}

} // namespace motorcade
