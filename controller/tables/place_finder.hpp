#pragma once

#include "controller/syncs/run_place.hpp"
#include "controller/tables/filled_tables.hpp"

namespace motorcade {

/// @returns what tells where syncs of this syncctl bring rows.
place_finder make_place_finder(table_world world);

} // namespace motorcade
