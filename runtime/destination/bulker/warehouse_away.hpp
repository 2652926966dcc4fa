#pragma once

#include <string_view>

namespace motorcade {

/// @returns whether an answer of 400 means that Bulker's warehouse is away for
/// a while: it restarts, takes no more connections, or cannot be reached. The
/// same request passes later then; any other 400 will come again.
///
/// Only texts of those steps of Bulker count that talk to the warehouse
/// (`stream consume error`, `stream complete error`), by the SQLSTATE if there
/// is one, else by the words of the client's library and the kernel. Text in
/// quotes is ignored: it may come from a row.
/// @param body The body of the answer, as it came.
bool warehouse_is_away(std::string_view body);

} // namespace motorcade
