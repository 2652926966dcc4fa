#pragma once

#include "runtime/destination/destination.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// Opens where rows go: what the destinationConfig names, else what
/// `settings.url` does: `postgres://…`,
/// `sqlite:///file`, or what `make_destination` opens. Where
/// both are given the config wins, and a line of log says so. Registers every
/// secret (`keep_secret`). Does not connect.
/// @param config A destinationConfig; empty: there is none.
/// @param task_id Names the connections.
/// @returns invalid_argument, without a secret, where neither says a place that
/// we can write to.
result<destination_ptr> open_destination(destination_settings settings,
                                         std::string_view config,
                                         const std::string& task_id);

} // namespace motorcade
