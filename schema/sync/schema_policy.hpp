#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace motorcade {

/// What a sync does about changes of what its source has.
enum class schema_policy : uint8_t {
  /// Runs go on with the streams and columns that were known.
  ignore,
  /// Runs follow the columns; streams that are new are told of alone.
  follow_columns,
  /// Runs follow streams and columns.
  follow_all,
  /// The sync is paused; who resumes it accepts the change.
  pause,
};

/// How a sync looks for such changes.
struct schema_change_rule {
  schema_policy policy = schema_policy::follow_columns;
  /// A run discovers anew what is known for so long.
  std::chrono::seconds every = std::chrono::hours{24};
};

/// @returns the spelling in a definition, e.g. `follow_columns`.
std::string_view to_string(schema_policy policy);

/// Reads such a spelling.
/// @returns whether it is one.
bool from_string(std::string_view name, schema_policy& out);

} // namespace motorcade
