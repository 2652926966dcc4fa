#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <cstdlib>

namespace motorcade::test {

/// A folder of one's own, gone with all it holds when the object dies. Throws
/// std::system_error if it or a file in it cannot be made.
class scratch_folder {
public:
  scratch_folder() {
    std::string name =
        std::filesystem::temp_directory_path() / "motorcade-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
      throw std::system_error{errno, std::generic_category(), name};
    path_ = name;
  }

  ~scratch_folder() {
    // What cannot be removed is left to the system's own sweep of /tmp.
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// @returns where a file of that name is, or would be.
  std::string path(const std::string& name) const { return path_ / name; }

  /// Makes or replaces a file.
  /// @returns where it is.
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream out{path_ / name, std::ios::binary};
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out)
      throw std::system_error{errno, std::generic_category(), path(name)};
    return path(name);
  }

private:
  std::filesystem::path path_;
};

} // namespace motorcade::test
