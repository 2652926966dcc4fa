#pragma once

#include "runtime/base/file_handle.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// A file or folder of a request under way, with a hidden name, so that no
/// reader takes it for a table. A lock on it shows that its process lives:
/// unlike a process id, the lock ends with the process, however that ends.
struct hidden_file {
  std::string path;
  file_handle handle;
};

/// Makes a hidden file (mode 0640).
/// @param stem `table_place::hidden`.
result<hidden_file> make_hidden_file(const std::string& stem);

/// Makes a hidden folder (mode 0750).
result<hidden_file> make_hidden_folder(const std::string& stem);

/// Removes the hidden files that killed processes left in a folder, of any
/// table and task. A file that cannot be opened or removed stays: it only takes
/// space.
void sweep_hidden_files(const std::string& folder);

} // namespace motorcade
