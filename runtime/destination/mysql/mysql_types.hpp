#pragma once

#include "runtime/destination/tables/column_type.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// @returns the limits of MySQL and MariaDB for tables, and the types of new
/// columns.
table_dialect mysql_dialect();

/// @returns the name of a table or a database, as MySQL takes it.
std::string mysql_name(std::string_view name, bool same_case);

/// @returns the shape of a column of that type.
/// @param type As `column_type` of information_schema.columns has it.
/// @param charset `character_set_name` of the same; empty: none.
column_shape shape_of_mysql_type(std::string_view type,
                                 std::string_view charset = "utf8mb4");

/// @returns the shape of a column of JSON, which MariaDB calls longtext.
column_shape mysql_json_shape(std::string_view type);

/// @returns whether an index can have the whole of such a column.
bool can_be_in_mysql_key(const column_shape& shape);

/// @returns the type in which the table of a request itself keeps a part: one
/// that takes every value as it is. LOAD DATA LOCAL would cut what a narrower
/// type does not take, with a warning.
std::string mysql_staged_type(const column_shape& shape, bool in_key);

/// @returns whether columns of that shape have a character set that can be
/// chosen.
bool has_mysql_charset(const column_shape& shape);

} // namespace motorcade
