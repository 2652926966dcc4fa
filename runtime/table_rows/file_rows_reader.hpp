#pragma once

#include "runtime/table_rows/table_page.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Reads the last rows of a table that is a file of JSON lines, compressed with
/// zstd. A file that cannot be read to its end in time gives the last rows as
/// far as it was read, in no order.
/// @returns a page without columns if there is no such file;
/// service_unavailable, in words for the operator, if it cannot be read.
result<table_page> read_file_rows(const std::string& path,
                                  const table_look& look);

} // namespace motorcade
