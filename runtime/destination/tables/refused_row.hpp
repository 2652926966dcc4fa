#pragma once

#include "runtime/destination/tables/key_columns.hpp"
#include "runtime/destination/tables/table_layout.hpp"
#include "runtime/destination/tables/unmapped_values.hpp"
#include "schema/base/result.hpp"

#include <cstdint>

namespace motorcade {

/// @returns why a row fails its request that has not each value of its key.
/// @param number The row's, within the request.
failure refuse_key(uint64_t number, const key_columns& key,
                   const unmapped_values& strays, const table_layout& layout);

/// @returns why a row fails its request that has values which can go neither to
/// a column of theirs nor to `_unmapped_data`.
/// @param strays These values; at least one.
failure refuse_unmapped(uint64_t number, const unmapped_values& strays,
                        const table_layout& layout);

} // namespace motorcade
