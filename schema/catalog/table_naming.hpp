#pragma once

#include "schema/base/result.hpp"
#include "schema/base/stream_id.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/key_path.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The destination that keeps the tables: it decides when two names are the
/// same table.
enum class table_home : uint8_t {
  /// A Bulker server, which knows no namespaces: they are part of the name.
  /// Names are one if `bulker_table_name` makes them one.
  bulker,
  /// Files or objects: a namespace is a folder, and every name is one of its
  /// own.
  files,
  /// Files in a file system for which A and a are the same.
  caseless_files,
  /// A warehouse: a namespace is a schema, and names are made as Bulker would.
  schemas,
  /// An SQLite file: as `schemas`, but a namespace is part of the name, and A
  /// and a are the same.
  sqlite,
};

/// @returns what BULKER_URL leads to; never `caseless_files`.
table_home table_home_of(std::string_view url);

/// The rules by which streams become tables. In both texts
/// `${SOURCE_NAMESPACE}` stands for the namespace of the stream.
struct naming_rules {
  /// TABLE_NAME_PREFIX.
  std::string table_name_prefix;
  /// NAMESPACE; empty or `${LEGACY}`: tables go to the destination's own
  /// namespace, and are told apart by the stream's namespace in their names.
  std::string target_namespace;
  /// TO_SAME_CASE: A to Z become lower case in the table's name. Columns stay
  /// as they are.
  bool to_same_case = false;
  /// DEDUPLICATE: rows with the same key replace each other.
  bool deduplicate = true;
  table_home home = table_home::bulker;
};

/// Where the rows of a stream go.
struct table_target {
  stream_id stream;
  std::string table;
  /// The table's folder of files, or schema of a warehouse; empty: the default.
  std::string target_namespace;
  /// Empty: rows are never merged.
  std::vector<key_path> primary_key;
};

/// Names the table of each stream, in the catalog's order: the stream's
/// `table_name` if it has one; else the prefix and the stream's key; the prefix
/// and the plain name if NAMESPACE is set or the prefix holds the stream's
/// namespace. Towards Bulker and SQLite NAMESPACE and `_` stand before that.
/// @returns invalid_argument for a `${…}` that is not known, and if two
/// streams would share a table in their `home`, which would mix or overwrite
/// their rows.
result<std::vector<table_target>> assign_tables(const catalog& configured,
                                                const naming_rules& rules);

} // namespace motorcade
