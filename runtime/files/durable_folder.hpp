#pragma once

#include <string>
#include <sys/types.h>

namespace motorcade {

/// Writes a folder's list of names to the disk, so that files and folders that
/// were made, renamed or removed in it stay so after a power failure.
/// @returns 0, or errno.
int sync_folder(const std::string& path);

/// Makes a folder, whose parent must exist, and syncs it in that parent. An
/// existing folder is taken as it is.
/// @param mode The mode of the new folder, whatever the umask; but the umask
/// applies to 0777.
/// @returns 0, or errno.
int make_durable_folder(const std::string& path, mode_t mode);

/// Makes a folder and the missing ones above it, each synced in its parent.
/// @param mode The mode of each new folder.
/// @param failed_path Gets the path that could not be made.
/// @returns 0, or errno; ENOTDIR if a file has that name.
int make_durable_folders(const std::string& path, mode_t mode,
                         std::string& failed_path);

} // namespace motorcade
