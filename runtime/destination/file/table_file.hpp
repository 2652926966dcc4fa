#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/destination/destination.hpp"
#include "runtime/destination/file/table_files.hpp"
#include "runtime/files/hidden_file.hpp"
#include "runtime/files/table_place.hpp"

#include <zstd.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The rows of one request on their way into a table's file, and the files that
/// come with them. They gather in a hidden file in the same folder, which
/// readers do not take for the table, and which the destructor removes. All
/// calls block; one thread owns it.
///
/// Failures are `destination_rejected` (disk full, no permission) or
/// `destination_unavailable` (out of file descriptors or memory) and name the
/// path.
class table_file {
public:
  /// Makes the folder and the hidden file, and removes hidden files there that
  /// no living process has locked.
  /// @param staging The folders of files of rows; null: there are none.
  /// @returns destination_rejected, too, if the table belongs to another sync
  /// than `request.connection_id`.
  static result<std::unique_ptr<table_file>>
  stage(const std::string& root, const upload_request& request,
        staging_area_ptr staging = nullptr);

  ~table_file();
  table_file(const table_file&) = delete;
  table_file& operator=(const table_file&) = delete;

  /// Compresses rows.
  result<void> write(std::string_view rows);

  /// Copies the file of a row.
  /// @param stopped Asked now and then; true ends the copy early.
  result<void> add_file(const staged_file& file,
                        const std::function<bool()>& stopped);

  /// Puts the files in place, then replaces the table by the rows or appends
  /// them. All is on the disk when it returns; a crash at any moment leaves
  /// either the old table or the new one, and no row without its file.
  /// @returns destination_rejected, too, if another sync has made the table
  /// meanwhile.
  result<void> commit();

private:
  struct context_deleter {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  table_file(table_place table, const upload_request& request,
             staging_area_ptr staging);

  /// Appends rows to the hidden file.
  /// @param directive Whether the frame of zstd ends with them.
  result<void> compress(std::string_view rows, ZSTD_EndDirective directive);

  /// Makes a hidden file of the table's rows and those of the request.
  /// @param present The table as it is.
  result<void> append_to_table(const file_handle& present);

  /// Lets the hidden file take the table's place, on the disk.
  /// @param folder The folder of both.
  result<void> publish(const file_handle& folder);

  const table_place table_;
  const std::string sync_id_;
  /// Hidden files of this task and table begin so.
  const std::string stem_;
  const write_mode mode_;
  hidden_file staged_;
  table_files files_;
  std::unique_ptr<ZSTD_CCtx, context_deleter> context_;
  std::vector<char> compressed_;
};

} // namespace motorcade
