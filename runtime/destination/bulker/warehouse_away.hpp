#pragma once

#include <string_view>

namespace motorcade {

/// Bulker answers 400 also where its warehouse is away for a while: restarts,
/// takes no more connections, cannot be reached. The same request passes later
/// then, while any other 400 comes again and again.
///
/// Believed are texts of Bulker's steps that talk to the warehouse (`stream
/// consume error`, `stream complete error`), by the SQLSTATE where there is
/// one, else by the words of the client's library and the kernel. What stands
/// in quotes is passed over: it may come from a row.
/// @param body Of the answer, as it came.
bool warehouse_is_away(std::string_view body);

} // namespace motorcade
