#pragma once

#include "bench/playing.hpp"

#include <string>
#include <vector>

namespace motorcade::bench {

/// @returns the middle one of the values, of an even count the upper middle.
/// Precondition: there is one.
double median(std::vector<double> values);

/// Plays a recording in turn with the floor and prints the medians. Stops at
/// the first run that is no success, or does not deliver every row to the
/// counting sink, if that is the destination: then it prints that instead, as
/// there are no figures of a run that failed.
/// @returns the exit code: 0 if no run failed.
int play_and_report(play_settings settings, const std::string& recording,
                    unsigned pairs, bool json);

} // namespace motorcade::bench
