#pragma once

#include "runtime/destination/tables/column_type.hpp"

#include <optional>
#include <string_view>

namespace motorcade {

/// @returns the limits of Postgres for tables, and the types of new columns.
table_dialect postgres_dialect();

/// @returns the shape of a column of that type, as `format_type` writes it. A
/// type that is none of ours takes texts, which Postgres reads itself.
column_shape shape_of_postgres_type(std::string_view type);

/// Reads the type that a row asks for. Only a text in the form of a type's name
/// is taken, since it becomes part of a statement.
std::optional<column_shape> shape_of_asked_type(std::string_view sql);

} // namespace motorcade
