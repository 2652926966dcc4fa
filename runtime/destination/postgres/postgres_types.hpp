#pragma once

#include "runtime/destination/tables/column_type.hpp"

#include <optional>
#include <string_view>

namespace motorcade {

/// What Postgres prescribes to tables, and the types of new columns.
table_dialect postgres_dialect();

/// @returns what a column of that type takes, as `format_type` writes it. A
/// type that is none of ours takes texts, which Postgres reads itself.
column_shape shape_of_postgres_type(std::string_view type);

/// Reads the type that a row asks for. Only what has the form of a type's name
/// is taken: the text becomes part of a statement.
std::optional<column_shape> shape_of_asked_type(std::string_view sql);

} // namespace motorcade
