#pragma once

#include "schema/base/result.hpp"

#include <functional>
#include <string>

// The removal of folders that a hostile program filled: nested thousands deep,
// closed to their owner, full of symbolic links.
namespace motorcade {

/// Removes all that an open folder holds. Symbolic links are removed, never
/// followed. It holds three descriptors at most and builds no paths, so that
/// the time grows with the number of entries, not with their depth.
/// @param stopped Asked before each entry; may be empty.
/// @returns system_failed if something is left, with the reason of the first
/// such entry; cancelled if `stopped` returned true.
result<void> empty_folder(int folder,
                          const std::function<bool()>& stopped = {});

/// Removes a file, a symbolic link, or a folder with all that it holds. There
/// may be none.
/// @returns as `empty_folder`.
result<void> remove_tree(const std::string& path);

/// Renames an entry of one open folder into another one. A folder whose owner
/// closed it is opened for that.
/// @returns 0, or errno.
int move_entry(int from, const std::string& name, int to,
               const std::string& new_name);

} // namespace motorcade
