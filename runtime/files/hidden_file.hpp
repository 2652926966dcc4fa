#pragma once

#include "runtime/base/file_handle.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// A file or folder of a request under way, which nobody takes for a table. A
/// lock on it says that its process lives. The lock goes when the process
/// dies, however it dies; a process id may come again.
struct hidden_file {
  std::string path;
  file_handle handle;
};

/// Makes a hidden file (mode 0640).
/// @param stem `table_place::hidden`.
result<hidden_file> make_hidden_file(const std::string& stem);

/// Makes a hidden folder (mode 0750).
result<hidden_file> make_hidden_folder(const std::string& stem);

/// Removes what killed processes left in a folder, whatever its table or task.
/// What cannot be looked at or removed stays: it hurts nobody but the disk.
void sweep_hidden_files(const std::string& folder);

} // namespace motorcade
