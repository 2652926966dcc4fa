#pragma once

#include "runtime/table_rows/table_page.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Reads rows of a table of an SQLite file, over a connection that can only
/// read.
/// @returns a page without columns if there is no such file or table;
/// service_unavailable, in words for the operator, if it cannot be read.
result<table_page> read_sqlite_rows(const std::string& path,
                                    const std::string& table,
                                    const table_look& look);

} // namespace motorcade
