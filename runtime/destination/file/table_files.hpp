#pragma once

#include "runtime/files/hidden_file.hpp"
#include "runtime/files/staging_area.hpp"
#include "runtime/files/table_place.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace motorcade {

/// The files that come with the rows of one request, on their way from the
/// staging folder to the folder `<table>.files`. Copies gather in a hidden
/// folder beside it, which the destructor removes. All calls block; one thread
/// owns it. Failures are those of `table_file`.
class table_files {
public:
  /// @param staging May be null if `copy` is never called.
  table_files(table_place table, std::string stem, staging_area_ptr staging);

  ~table_files();
  table_files(const table_files&) = delete;
  table_files& operator=(const table_files&) = delete;

  /// Copies a file; the copy is on the disk when this returns.
  /// @param stopped Asked now and then; true ends the copy early.
  result<void> copy(const staged_file& file,
                    const std::function<bool()>& stopped);

  /// Moves the copies to their places; each replaces an older file of the same
  /// path at once. They are on the disk when this returns. The caller holds the
  /// lock of the table's folder.
  result<void> publish();

  /// Removes the files of the table that were not just published, since the
  /// rows they belong to are gone. Files that cannot be removed stay.
  void remove_others();

  /// Removes the files that the connector staged, since they are delivered now.
  void remove_staged();

private:
  struct copied_file {
    staged_file from;
    file_mark mark;
    /// Below the hidden folder.
    std::string name;
  };

  /// Moves one copy to its place, under another name if a file and a folder
  /// would meet there.
  result<void> put(const copied_file& file);

  const table_place table_;
  const std::string stem_;
  const staging_area_ptr staging_;
  std::optional<hidden_file> hidden_;
  std::vector<copied_file> copies_;
  /// Below `<table>.files`.
  std::set<std::string> published_;
  /// Folders there that changed.
  std::set<std::string> touched_;
};

} // namespace motorcade
