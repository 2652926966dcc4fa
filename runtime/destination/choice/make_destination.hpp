#pragma once

#include "runtime/destination/destination.hpp"

namespace motorcade {

/// Opens a folder of files (`file:`) or a Bulker server (`http:`, `https:`).
/// Blocks no longer than it takes to make a directory.
/// @returns invalid_argument for a URL of another kind, system_failed if the
/// directory cannot be made or written.
result<destination_ptr> make_destination(const destination_settings& settings);

} // namespace motorcade
