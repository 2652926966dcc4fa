#pragma once

#include "runtime/destination/clickhouse/clickhouse_config.hpp"
#include "runtime/destination/destination.hpp"

namespace motorcade {

/// Opens a ClickHouse that rows go to as tables, by its HTTP interface. Does
/// not connect.
/// @param settings The time limits, and the number of uploads.
/// @returns system_failed if there are no threads.
result<destination_ptr>
make_clickhouse_destination(clickhouse_config config,
                            const destination_settings& settings);

} // namespace motorcade
