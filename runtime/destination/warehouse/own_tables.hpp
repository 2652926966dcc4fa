#pragma once

#include "runtime/destination/tables/table_layout.hpp"
#include "schema/base/result.hpp"

#include <span>
#include <string>
#include <string_view>

namespace motorcade {

/// What the name of a key begins with that may be made anew, as in the
/// original; keys of other names are somebody else's.
constexpr std::string_view own_key_prefix = "jitsu_pk_";

/// @returns a new name for a key: the prefix and 32 digits.
std::string make_key_name();

/// Notes which requests are committed, in the database of their rows.
constexpr std::string_view commits_table = "_motorcade_commits";

/// Guards the tables in which syncs themselves are kept (states, tasks, logs)
/// where they lie beside the rows.
/// @param columns Of the table that has that name.
/// @returns destination_rejected where the table is one of them.
result<void> check_not_ours(std::string_view table,
                            std::span<const target_column> columns);

} // namespace motorcade
