#pragma once

#include "runtime/destination/tables/table_layout.hpp"
#include "schema/base/result.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The prefix of the names of keys that this program makes, and may drop and
/// make anew; Jitsu's Bulker uses the same one. Keys of other names are left
/// alone.
constexpr std::string_view own_key_prefix = "jitsu_pk_";

/// @returns a new name for a key: the prefix and 32 digits.
std::string make_key_name();

/// The table of committed requests, in the database of their rows.
constexpr std::string_view commits_table = "_motorcade_commits";

/// The table of states whose rows are committed, in the same database. A sync
/// has a row of each key there, until its run has ended well.
constexpr std::string_view noted_states_table = "_motorcade_states";

/// @returns links of a chain as the table has them.
std::string join_links(std::span<const std::string> links);

/// The inverse of `join_links`.
std::vector<std::string> split_links(std::string_view text);

/// Keeps rows out of the tables in which syncs themselves are kept (states,
/// tasks, logs), if these are in the same database, and out of tables that
/// would be taken for those of requests.
/// @param columns The columns of the table of that name.
/// @returns destination_rejected if the table is one of them.
result<void> check_not_ours(std::string_view table,
                            std::span<const target_column> columns);

} // namespace motorcade
