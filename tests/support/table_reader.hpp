#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace motorcade::support {

/// A folder that goes with the object.
class scratch_folder {
public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

/// @returns the lines of a table's file; none where there is no file. Throws
/// std::runtime_error where it is not wholly valid zstd.
std::vector<std::string> read_table(const std::filesystem::path& file);

/// @returns the hidden files anywhere below a folder.
std::vector<std::string> hidden_files(const std::filesystem::path& folder);

} // namespace motorcade::support
