#pragma once

#include "runtime/destination/tables/column_type.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns the limits of ClickHouse for tables, and the types of new columns.
table_dialect clickhouse_dialect();

/// @returns what a column of that type takes, as system.columns writes it. A
/// type that is none of ours takes texts, which ClickHouse reads itself.
column_shape shape_of_clickhouse_type(std::string_view type);

/// @returns the character that a backslash before `escape` means in texts of
/// ClickHouse.
char unescaped_clickhouse(char escape);

/// @returns the type within `Nullable(…)` and `LowCardinality(…)`.
std::string_view bare_type(std::string_view type);

/// @returns the type of a column in the table of a request, where every value
/// may be missing: `Nullable` of the column's own type, or of String where that
/// cannot be NULL.
std::string staged_type(const column_shape& shape);

} // namespace motorcade
