#pragma once

#ifdef WITH_MARIADB
#include "support/mysql_world.hpp"
#else
#include "support/warehouse_world.hpp"
#endif

#include <tuple>

namespace motorcade::support {

/// The warehouses that a suite tries: one suite has those of MariaDB, another
/// the others, so that it goes on if MariaDB is missing.
#ifdef WITH_MARIADB
using warehouses = std::tuple<mysql_warehouse>;
#else
using warehouses = std::tuple<postgres_warehouse, sqlite_warehouse>;
#endif

} // namespace motorcade::support
