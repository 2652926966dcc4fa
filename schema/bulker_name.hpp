#pragma once

#include <string>
#include <string_view>

namespace motorcade {

/// @returns the name that Bulker gives a table which it is asked for by
/// `name`: runs of characters other than letters of any script, digits, `_`,
/// blank, `$` and `-` become one `_`, and 63 bytes are kept, as Postgres has
/// it. A name of nothing else becomes one that no other name does.
std::string bulker_table_name(std::string_view name);

} // namespace motorcade
