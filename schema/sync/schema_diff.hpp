#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A column that came, went or changed.
struct column_change {
  /// The stream's key, `namespace.name`.
  std::string stream;
  /// The path within objects is part of it: `address.city`.
  std::string column;
  /// What it was and what it is, e.g. `integer`; empty: it was not there, or is
  /// there no more.
  std::string from;
  std::string to;

  friend bool operator==(const column_change&, const column_change&) = default;
};

/// How two AirbyteCatalogs differ. Everything is in the order of the catalogs,
/// what is gone in that of the earlier one.
struct schema_diff {
  /// Keys, `namespace.name`. The columns of such a stream are not listed.
  std::vector<std::string> new_streams;
  std::vector<std::string> gone_streams;
  std::vector<column_change> new_columns;
  std::vector<column_change> gone_columns;
  std::vector<column_change> changed_types;

  /// @returns whether both catalogs have the same streams, columns and types.
  bool empty() const;
};

/// Compares what a source announced with what it announces now. Whether a
/// column may be null does not count, nor do modes, cursors and keys.
/// @param before, after AirbyteCatalogs, JSON. What is no catalog has no
/// streams.
/// @param reads Tells for a stream's key whether it is read. Of streams that
/// are not read only those that are new are listed. Empty: all are.
schema_diff
compare_catalogs(std::string_view before, std::string_view after,
                 const std::function<bool(const std::string&)>& reads = {});

/// @returns the diff as JSON: `newStreams`, `goneStreams`, `newColumns`
/// (stream, column, type), `goneColumns` (stream, column), `changedTypes`
/// (stream, column, from, to), each with at most 1000 elements, and `leftOut`,
/// the number of elements beyond.
std::string write_diff(const schema_diff& diff);

/// @returns the diff in a line for people, e.g. `new stream pets; column
/// users.age is gone`, of at most some hundred letters.
std::string describe_diff(const schema_diff& diff);

} // namespace motorcade
