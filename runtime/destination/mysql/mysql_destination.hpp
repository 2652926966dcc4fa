#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/destination/mysql/mysql_config.hpp"

namespace motorcade {

/// Opens a MySQL or MariaDB that rows go to as tables. Does not connect.
/// @param settings The time limits, and the number of uploads.
/// @param task_id Names the connections.
/// @returns system_failed if the system gives no threads.
result<destination_ptr>
make_mysql_destination(mysql_config config,
                       const destination_settings& settings,
                       const std::string& task_id);

} // namespace motorcade
