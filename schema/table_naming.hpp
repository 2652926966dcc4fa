#pragma once

#include "schema/catalog.hpp"
#include "schema/result.hpp"
#include "schema/stream_id.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// How streams become tables. In both texts `${SOURCE_NAMESPACE}` stands for
/// the namespace of the stream.
struct naming_rules {
  /// TABLE_NAME_PREFIX.
  std::string table_name_prefix;
  /// NAMESPACE; empty or `${LEGACY}`: tables go to the destination's own
  /// namespace, and are told apart by the stream's namespace in their names.
  std::string target_namespace;
  /// TO_SAME_CASE: A to Z become lower case in the table's name. Columns are
  /// folded by the server.
  bool to_same_case = false;
  /// DEDUPLICATE: rows with the same key replace each other.
  bool deduplicate = true;
};

/// Where the rows of a stream go.
struct table_target {
  stream_id stream;
  std::string table;
  /// To be sent as `&namespace=`; empty: not sent.
  std::string target_namespace;
  /// Empty: rows are never merged.
  std::vector<std::string> primary_key;
};

/// Names the table of each stream, in the catalog's order: the stream's
/// `table_name` where it has one; else the prefix and the stream's key; the
/// prefix and the plain name where NAMESPACE is set or the prefix holds the
/// stream's namespace.
/// @returns invalid_argument for a `${…}` that is not known, and where two
/// streams would share a table, which would mix or overwrite their rows.
result<std::vector<table_target>> assign_tables(const catalog& configured,
                                                const naming_rules& rules);

} // namespace motorcade
