#pragma once

#include "controller/syncs/run_counts.hpp"

#include <string>

namespace motorcade {

/// @returns the metrics of syncs as Prometheus reads them.
/// @param now The moment at which ages are measured.
std::string write_sync_metrics(const run_counts& counts, wall_time now);

} // namespace motorcade
