#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/destination/object_storage/object_storage_config.hpp"

namespace motorcade {

/// Opens a folder of a bucket that rows go to as objects. Does not connect.
/// @param settings The time limits, the number of uploads, and the folder where
/// rows wait.
/// @returns system_failed if there are no threads.
result<destination_ptr>
make_object_storage_destination(object_storage_config config,
                                const destination_settings& settings);

} // namespace motorcade
