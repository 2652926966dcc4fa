#pragma once

#include "schema/base/result.hpp"

#include <sys/types.h>

#include <string>
#include <string_view>

namespace motorcade {

/// Writes a file, or replaces it: it is on the disk when this returns, and a
/// crash at any moment leaves the old one or the new one. A hidden file beside
/// it is written first. If the path is no regular file, e.g. a terminal, it is
/// written to; a named pipe without a reader fails at once, and one whose
/// reader takes nothing for 10 s as well.
/// @param mode The file's mode, whatever the umask.
/// @returns system_failed if that cannot be done, naming the path.
result<void> write_file(const std::string& path, std::string_view text,
                        mode_t mode);

/// Writes a file that its owner alone may read (mode 0600).
result<void> write_private_file(const std::string& path, std::string_view text);

} // namespace motorcade
