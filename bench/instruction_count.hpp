#pragma once

#include "bench/generator.hpp"
#include "bench/playing.hpp"

#include <optional>

namespace motorcade::bench {

/// Plays a few rows, and three times as many, into a sidecar that runs under
/// valgrind's callgrind. Throws std::runtime_error if the sidecar fails.
/// @param shape Its `rows` are the few.
/// @returns the instructions in user space for each byte that the second run
/// has more (`rep movsb` has one a byte). Nothing: there is no valgrind.
std::optional<double> count_instructions(play_settings settings,
                                         generator_settings shape,
                                         counting_sink& sink);

} // namespace motorcade::bench
