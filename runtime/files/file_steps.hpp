#pragma once

#include "runtime/base/file_handle.hpp"
#include "schema/base/result.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace motorcade {

/// The modes of tables and of delivered files: the group may read them, other
/// users may not.
constexpr mode_t table_mode = 0640;
constexpr mode_t table_folder_mode = 0750;

/// @returns `destination_unavailable` for errors that may pass (out of file
/// descriptors or memory), else `destination_rejected`; names the path.
failure file_failure(const char* action, const std::string& path, int error);

/// @returns a failure of `found_file.hpp` as that of a destination, by the same
/// rule.
failure file_failure(const failure& found);

/// Writes all bytes, in as many calls as it takes.
/// @param path Names the file in a failure.
result<void> write_all(int fd, const std::string& path, const char* from,
                       size_t size);

/// Copies the rest of `from` to the end of `to`, inside the kernel if the file
/// system can do that.
/// @param most Bytes to copy at most.
/// @param stopped Asked between two pieces; may be empty.
/// @returns `cancelled` if `stopped` returned true.
result<void> copy_rest(int from, const std::string& from_path, int to,
                       const std::string& to_path, uint64_t most = UINT64_MAX,
                       const std::function<bool()>& stopped = {});

/// Opens a folder, also through symbolic links.
result<file_handle> open_folder(const std::string& path);

/// Makes a folder and those above it (mode 0750, whatever the umask).
result<void> make_folders(const std::string& path);

/// @returns whether A and a name the same file there; false if that cannot be
/// tried.
bool folder_ignores_case(const std::string& path);

/// Locks an open folder against other processes that change what is in it. The
/// lock goes with the handle.
result<void> lock_folder(const file_handle& folder, const std::string& path);

} // namespace motorcade
