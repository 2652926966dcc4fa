#pragma once

#include "bench/playing.hpp"

#include <cstddef>
#include <cstdint>

namespace motorcade::bench {

/// @returns whether there is a valgrind on PATH.
bool can_count_instructions();

/// Plays a recording into a sidecar that runs under valgrind's callgrind.
/// Throws std::runtime_error if the sidecar fails or nothing was counted.
/// @returns the instructions of the whole sidecar in user space. `rep movsb`
/// counts once for each byte that it copies.
uint64_t count_instructions(play_settings settings, counting_sink& sink);

/// A run of the sidecar that was counted.
struct counted_run {
  uint64_t instructions = 0;
  size_t bytes = 0;
};

/// @returns the instructions for each byte by which the second run has more
/// than the first, so that start and end do not count.
/// Precondition: it has more bytes.
double per_byte(const counted_run& few, const counted_run& many);

} // namespace motorcade::bench
