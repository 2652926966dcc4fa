#pragma once

#include "runtime/destination/tables/cell.hpp"
#include "runtime/destination/tables/row_paths.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace motorcade {

/// The values of one row that no column takes, and the JSON in which
/// `_unmapped_data` and the column of changes tell of them.
class unmapped_values {
public:
  /// Why no column takes a value, in the words of
  /// AirbyteRecordMessageMetaChange.
  static constexpr std::string_view no_column =
      "DESTINATION_SERIALIZATION_ERROR";
  static constexpr std::string_view no_fit = "DESTINATION_TYPECAST_ERROR";

  /// One of the values.
  struct entry {
    /// That of the value's member.
    const row_path* path = nullptr;
    /// The path's keys, joined by `_`; with `_2` and so on for those after the
    /// first of one path.
    std::string name;
    /// The column that does not take the value; `row_path::none`: it has none.
    size_t column = row_path::none;
    cell value;
    /// `no_column` or `no_fit`.
    std::string_view reason;
  };

  /// Forgets the values of the row before.
  void clear() {
    if (entries_.empty())
      return;
    entries_.clear();
    // To clear a map takes time for all buckets that it ever had.
    constexpr size_t usual = 1'024;
    if (names_.bucket_count() > usual)
      names_ = {};
    names_.clear();
  }

  /// Adds a value that no column is for. It and the path must live until
  /// `clear`.
  /// @param text The path's keys, joined by `_`.
  void add_without_column(const row_path& path, const std::string& text,
                          const cell& value) {
    entries_.push_back(
        {&path, name_of(text), row_path::none, value, no_column});
  }

  /// Adds a value that a column does not take; as above.
  void add_unfit(const row_path& path, const std::string& text, size_t column,
                 const cell& value) {
    entries_.push_back({&path, name_of(text), column, value, no_fit});
  }

  /// @returns the number of values.
  size_t size() const { return entries_.size(); }

  /// @returns the values in the order in which they were added.
  const std::vector<entry>& entries() const { return entries_; }

  /// @returns all values as a JSON object, by their names.
  std::string to_json() const;

  /// Tells of all values behind the connector's own changes.
  /// @param own A JSON object that ends with the array `changes`, as
  /// `_airbyte_meta` has it.
  /// @returns the same object, with the changes that were made here; empty if
  /// `own` does not end in that way.
  std::string add_changes_to(std::string_view own) const;

private:
  /// @returns a name for the next value that no other has: readers of JSON keep
  /// one value of a name.
  std::string name_of(std::string path);

  std::vector<entry> entries_;
  /// The names so far, and how often each was asked for.
  std::unordered_map<std::string, size_t> names_;
};

} // namespace motorcade
