#pragma once

#include "support/scratch_folder.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace motorcade::support {

using test::scratch_folder;

/// @returns the lines of a table's file; none if there is no file. Throws
/// std::runtime_error if it is not wholly valid zstd.
std::vector<std::string> read_table(const std::filesystem::path& file);

/// @returns the hidden files anywhere below a folder.
std::vector<std::string> hidden_files(const std::filesystem::path& folder);

} // namespace motorcade::support
