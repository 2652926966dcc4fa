#pragma once

#include "runtime/destination/postgres/postgres_config.hpp"
#include "runtime/table_rows/table_page.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Reads rows of a table of Postgres, in transactions that can only read and
/// whose statements have a time limit.
/// @returns a page without columns if there is no such table;
/// service_unavailable, in words for the operator, if it cannot be read.
result<table_page> read_postgres_rows(const postgres_config& config,
                                      const std::string& schema,
                                      const std::string& table,
                                      const table_look& look);

} // namespace motorcade
