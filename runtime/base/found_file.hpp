#pragma once

#include "runtime/base/file_handle.hpp"
#include "schema/base/result.hpp"

#include <fcntl.h>

#include <cstddef>
#include <string>

// Files in folders where another, perhaps hostile program may put anything
// down: named pipes that nothing writes to, links to secrets, devices without
// an end. Nothing here waits for another program, and nothing opens a device.
namespace motorcade {

/// The treatment of a path whose last part is a symbolic link.
enum class links {
  refused,
  /// For folders that the operator fills: Kubernetes lays out documents behind
  /// symbolic links.
  followed,
};

/// The most bytes of a document that a task is given as a file.
inline constexpr size_t most_document_bytes = size_t{256} << 20;

/// Opens a regular file for reading.
/// @param folder A relative path begins at this open folder.
/// @returns not_found if there is nothing of that name, invalid_argument if it
/// is anything else or may not be read, system_failed if descriptors or memory
/// are lacking; names the path and what is there.
result<file_handle> open_found_file(const std::string& path,
                                    links allowed = links::refused,
                                    int folder = AT_FDCWD);

/// Opens a named pipe for reading, without waiting for a writer. Its reads do
/// not wait either.
/// @returns as `open_found_file`.
result<file_handle> open_found_pipe(const std::string& path);

/// Reads a regular file.
/// @returns as `open_found_file`; invalid_argument also if it has more than
/// `most` bytes.
result<std::string> read_found_file(const std::string& path, size_t most,
                                    links allowed = links::refused,
                                    int folder = AT_FDCWD);

} // namespace motorcade
