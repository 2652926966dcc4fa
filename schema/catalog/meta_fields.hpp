#pragma once

#include "schema/base/row_meta.hpp"
#include "schema/catalog/jitsu_schema.hpp"

#include <vector>

namespace motorcade {

/// @returns the columns that ADD_META adds, in the order in which rows have
/// them.
std::vector<schema_field> meta_fields(row_meta which);

} // namespace motorcade
