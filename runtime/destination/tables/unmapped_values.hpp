#pragma once

#include "runtime/destination/tables/cell.hpp"
#include "runtime/destination/tables/row_paths.hpp"

#include <cstddef>
#include <string>
#include <string_view>
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
    std::string name;
    cell value;
    /// `no_column` or `no_fit`.
    std::string_view reason;
  };

  /// Forgets the values of the row before.
  void clear() { entries_.clear(); }

  /// Adds a value, which must live until `clear`.
  /// @param reason `no_column` or `no_fit`.
  void add(std::string name, const cell& value, std::string_view reason) {
    entries_.push_back({std::move(name), value, reason});
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
  std::vector<entry> entries_;
};

} // namespace motorcade
