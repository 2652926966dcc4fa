#pragma once

#include "schema/result.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// Writes a file that its owner alone may read (mode 0600), or replaces it: it
/// is on the disk when this returns, and a crash at any moment leaves the old
/// one or the new one. A hidden file beside it is written first.
/// @returns system_failed where that cannot be done, naming the path.
result<void> write_private_file(const std::string& path, std::string_view text);

} // namespace motorcade
