#pragma once

#include "controller/sync_files/sync_document.hpp"
#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// A file of the folder of syncs.
struct sync_file {
  /// Its name within the folder.
  std::string name;
  /// The name without its ending.
  std::string sync_id;
  /// JSON, with secrets put in; empty if there is a fault. Secret.
  std::string document;
  std::optional<sync_definition> sync;
  /// Why it cannot be used; empty: it can.
  std::string fault;
};

/// Reads all files of a folder that end in `.yaml`, `.yml` or `.json` and do
/// not begin with a dot, in the order of their names.
/// @returns not_found or system_failed if the folder cannot be read. A file
/// that cannot be used says why in its own fault.
result<std::vector<sync_file>> read_sync_folder(const std::string& folder,
                                                const document_values& values);

/// @returns values of this process's environment, and of regular files of at
/// most 1 MiB. What belongs to syncctl itself is not given: its variables, the
/// files of its settings and of its key, and what the kernel tells of processes
/// (/proc, /sys).
document_values values_of_process();

} // namespace motorcade
