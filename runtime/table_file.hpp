#pragma once

#include "runtime/destination.hpp"
#include "runtime/file_handle.hpp"

#include <zstd.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Makes a name for a file or folder out of any text, and a different one for
/// each: `/`, `%`, control characters and a leading dot are percent-encoded,
/// a name over 200 bytes is cut and ends in a hash, no name at all is `%`.
std::string file_name_of(std::string_view name);

/// @returns the file that holds a table, below `root`.
std::string table_path(const std::string& root,
                       const std::string& target_namespace,
                       const std::string& table);

/// Makes a folder and those above it (mode 0755).
result<void> make_folders(const std::string& path);

/// The rows of one request on their way into a table's file. They gather in a
/// hidden file in the same folder, which nobody else sees as the table's, and
/// which is removed when the object dies. All calls block; one thread owns it.
///
/// Failures are `destination_rejected` (disk full, no permission) or
/// `destination_unavailable` (out of file descriptors or memory) and name the
/// path.
class table_file {
public:
  /// Makes the folder and the hidden file, and removes hidden files of the
  /// same task and table that no living process holds.
  static result<std::unique_ptr<table_file>>
  stage(const std::string& root, const upload_request& request);

  ~table_file();
  table_file(const table_file&) = delete;
  table_file& operator=(const table_file&) = delete;

  /// Compresses rows.
  result<void> write(std::string_view rows);

  /// Makes the rows the table, or its end: all of them are on the disk then,
  /// and a crash at any moment leaves either the old table or the new one.
  result<void> commit();

private:
  struct context_deleter {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  table_file(std::string folder, std::string table_path, std::string stem,
             write_mode mode);

  result<void> compress(std::string_view rows, ZSTD_EndDirective directive);
  result<void> append_to_table(const file_handle& present);
  result<void> publish(const std::string& staged, const file_handle& file,
                       const file_handle& folder);

  const std::string folder_;
  const std::string table_path_;
  /// Hidden files of this task and table begin so.
  const std::string stem_;
  const write_mode mode_;
  std::string staged_path_;
  file_handle staged_;
  std::unique_ptr<ZSTD_CCtx, context_deleter> context_;
  std::vector<char> compressed_;
};

} // namespace motorcade
