#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/files/staged_file.hpp"
#include "schema/base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Reads the object `file_reference`: `staging_file_url` (an absolute path, or
/// `file:///path`), `source_file_relative_path`, `file_size_bytes`.
/// @param object Valid JSON.
/// @returns invalid_argument with what is missing or wrong.
result<staged_file> parse_file_reference(std::string_view object);

/// Identifies a file in one state: another file, or the same one after a write,
/// has another mark.
struct file_mark {
  /// @returns the mark of an open file; all zero if it cannot be asked.
  static file_mark of(const file_handle& file);

  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t modified_seconds = 0;
  int64_t modified_nanoseconds = 0;

  friend bool operator==(const file_mark&, const file_mark&) = default;
};

/// The folders in which a connector may put files down for the destination
/// (STAGING_DIR). The paths come from the connector, and the sidecar may read
/// files that the connector may not: so only files within these folders are
/// opened, none through a symbolic link, and none with a second name (a hard
/// link), which may be a secret's. Thread-safe.
class staging_area {
public:
  /// @param roots Absolute paths of folders. One that does not exist holds no
  /// files. One may be reached by symbolic links now, before the connector
  /// runs; a link that takes its place later is not followed.
  /// @param own Files and folders of the sidecar, which are refused even
  /// within a root, and so are `-wal`, `-shm` and `-journal` beside such a
  /// file. A file that exists now is refused by any later name as well.
  explicit staging_area(const std::vector<std::string>& roots,
                        const std::vector<std::string>& own = {});

  /// Opens a regular file of exactly the announced size. Never blocks on a
  /// FIFO, never opens a device.
  /// @returns invalid_argument with the reason, naming the path.
  result<file_handle> open(const staged_file& file) const;

  /// Removes a file that was delivered.
  /// @param delivered The mark of the file that `open` returned. A file with
  /// another mark stays.
  /// @returns system_failed if it cannot be removed.
  result<void> remove(const staged_file& file,
                      const file_mark& delivered) const;

private:
  struct place;

  /// A folder of STAGING_DIR.
  struct root {
    /// Its paths, as they were given and without links.
    std::vector<std::string> names;
    /// A folder above it, held since before the connector ran.
    file_handle base;
    /// The way from there to it: names with slashes; empty: it is `base`.
    std::string way;
  };

  /// Holds the nearest folder above a root, so that a root which is renamed or
  /// made later is found by its way from there.
  static root hold(const std::string& path);

  /// @returns the root that the path lies in, and the way from its held folder;
  /// invalid_argument if the path lies outside of all roots or is not plain.
  result<place> find(const std::string& path) const;

  /// @returns whether the file is one of the sidecar's own, by its path or by
  /// what it is.
  bool is_own_file(const file_handle& file, const file_mark& mark) const;

  std::vector<root> roots_;
  std::vector<std::string> own_;
  /// The own files that were there at the start.
  std::vector<file_mark> own_files_;
};

using staging_area_ptr = std::shared_ptr<const staging_area>;

} // namespace motorcade
