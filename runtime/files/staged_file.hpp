#pragma once

#include <cstdint>
#include <string>

namespace motorcade {

/// A file that a connector put down for the destination (`file_reference` of a
/// RECORD).
struct staged_file {
  /// The path of the file, as the connector names it.
  std::string path;
  /// The file's path in the source.
  std::string relative_path;
  uint64_t bytes = 0;
};

} // namespace motorcade
