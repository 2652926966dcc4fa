#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/destination/postgres/postgres_config.hpp"

namespace motorcade {

/// Opens a Postgres that rows go to as tables. Does not connect.
/// @param settings The time limits, and the number of uploads.
/// @param task_id Names the connections.
/// @returns system_failed if the system gives no threads.
result<destination_ptr>
make_postgres_destination(postgres_config config,
                          const destination_settings& settings,
                          const std::string& task_id);

} // namespace motorcade
