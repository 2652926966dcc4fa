#pragma once

#include "runtime/destination/tables/column_type.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// The column for values that fit no column.
constexpr std::string_view unmapped_column = "_unmapped_data";

/// Names a column after the path of its keys, joined by `_`: runs of characters
/// other than letters, digits, `_`, space, `$` and `-` become one `_`, and the
/// name is cut between two characters. A name of which nothing would be left
/// becomes `column_<hash>`.
/// @param same_case A to Z become lower case.
std::string make_column_name(std::string_view path, size_t max_bytes,
                             bool same_case);

/// The same by the rules of a warehouse; a name that the warehouse uses itself
/// gets a `_` in front.
std::string make_column_name(std::string_view path,
                             const table_dialect& dialect, bool same_case);

/// Names a table in the same way; one of which nothing would be left becomes
/// `table_<hash>`.
std::string make_table_name(std::string_view name, size_t max_bytes,
                            bool same_case);

} // namespace motorcade
