#pragma once

#include <string>
#include <sys/types.h>

namespace motorcade {

/// Writes a folder's list of names to the disk, so that files and folders that
/// were made, renamed or removed in it stay so after a power failure.
/// @returns 0, or errno.
int sync_folder(const std::string& path);

/// Makes a folder, whose parent must be there, and syncs it in that parent. A
/// folder that is there already is taken as it is.
/// @param mode Of the new folder, whatever the umask; but 0777 is for the umask
/// to take from.
/// @returns 0, or errno.
int make_durable_folder(const std::string& path, mode_t mode);

/// Makes a folder and all above it that are missing, each synced in its parent.
/// @param mode Of each new one.
/// @param failed_path Gets the path that could not be made.
/// @returns 0, or errno; ENOTDIR where something else has that name.
int make_durable_folders(const std::string& path, mode_t mode,
                         std::string& failed_path);

} // namespace motorcade
