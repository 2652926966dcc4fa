#pragma once

#include "runtime/destination/destination.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// Reads a destinationConfig as `open_destination` does, and makes nothing.
/// @param config Empty, or one without `destinationType`: there is nothing to
/// check.
/// @returns invalid_argument, without a secret, if it cannot be used.
result<void> check_destination_config(std::string_view config);

/// Opens the destination that the destinationConfig names, else the one that
/// `settings.url` names: `postgres://…`, `postgresql://…`, `clickhouse://…`,
/// `clickhouses://…`, `mysql://…`, `mariadb://…`, `s3://…`, `sqlite:///file`,
/// or a URL of `make_destination`. If both are given, the config wins, and a
/// line of log says so. Registers every secret
/// (`keep_secret`). Does not connect.
/// @param config A destinationConfig; empty: there is none.
/// @param task_id Names the connections.
/// @returns invalid_argument, without a secret, if neither names a destination
/// that can be written to.
result<destination_ptr> open_destination(destination_settings settings,
                                         std::string_view config,
                                         const std::string& task_id);

} // namespace motorcade
