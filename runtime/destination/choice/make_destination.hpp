#pragma once

#include "runtime/destination/destination.hpp"

namespace motorcade {

/// Opens the destination that the URL's scheme names. Blocks no longer than
/// it takes to make a directory.
/// @returns invalid_argument for a URL that is none of the three kinds,
/// system_failed if the directory cannot be made or written.
result<destination_ptr> make_destination(const destination_settings& settings);

} // namespace motorcade
