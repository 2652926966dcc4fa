#pragma once

#include <string>
#include <string_view>

namespace motorcade {

/// Makes a name for a file or folder out of any text, and a different one for
/// each: `/`, `%`, control characters and a leading dot are percent-encoded,
/// a name over 200 bytes is cut and ends in a hash, no name at all is `%`.
std::string file_name_of(std::string_view name);

/// The files of a table, all in the same folder.
struct table_place {
  /// @param root The folder of all tables.
  table_place(const std::string& root, const std::string& target_namespace,
              const std::string& table);

  /// `root`, or the namespace's folder in it.
  std::string folder;
  /// The rows, `<table>.ndjson.zst`.
  std::string rows;
  /// The name of the sync that owns the table, `.<table>.owner`.
  std::string owner;
  /// Delivered files, in a folder `<table>.files`, which no namespace has.
  std::string files;
  /// @returns how the paths of a request's files and folders begin while it is
  /// under way; a process, a number and `.partial` follow. The task is part of
  /// the name, so that a person sees whose it is.
  std::string hidden(std::string_view task_id) const;

private:
  std::string name_;
};

/// @returns the place of a file below `<table>.files`, without the folder:
/// each part of the path by the rule of `file_name_of`, so that none leads
/// out and no two paths meet.
std::string file_place_of(std::string_view relative_path);

/// The longest result of `file_place_of` for a file that can be kept.
constexpr size_t longest_file_place = 2000;

} // namespace motorcade
