#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace motorcade {

/// What a sync does about changes of its source's streams and columns.
enum class schema_policy : uint8_t {
  /// Runs go on with the streams and columns that were known.
  ignore,
  /// Runs follow the columns; new streams are only reported.
  follow_columns,
  /// Runs follow streams and columns.
  follow_all,
  /// The sync is paused; to resume it is to accept the change.
  pause,
};

/// How a sync looks for such changes.
struct schema_change_rule {
  schema_policy policy = schema_policy::follow_columns;
  /// The age of a catalog from which on a run discovers anew.
  std::chrono::seconds every = std::chrono::hours{24};
};

/// @returns the spelling in a definition, e.g. `follow_columns`.
std::string_view to_string(schema_policy policy);

/// Reads such a spelling.
/// @returns whether it is one.
bool from_string(std::string_view name, schema_policy& out);

} // namespace motorcade
