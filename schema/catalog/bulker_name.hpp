#pragma once

#include <string>
#include <string_view>

namespace motorcade {

/// @returns the name of the table that Bulker makes when it is asked for
/// `name`: runs of characters other than letters of any script, digits, `_`,
/// blank, `$` and `-` become one `_`, and 63 bytes are kept, as Postgres has
/// it. A name of such characters alone becomes a name that is unique to it.
std::string bulker_table_name(std::string_view name);

} // namespace motorcade
