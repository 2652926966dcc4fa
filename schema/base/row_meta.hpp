#pragma once

#include <cstdint>
#include <string_view>

namespace motorcade {

/// The columns that each row gets besides the connector's (ADD_META).
enum class row_meta : uint8_t {
  none,
  /// `_jitsu_timestamp`: when the row was read.
  jitsu,
  /// Those of Airbyte's destinations: `_airbyte_raw_id`,
  /// `_airbyte_extracted_at`, `_airbyte_generation_id` and `_airbyte_meta`.
  airbyte,
};

/// @returns the value of ADD_META that says so.
constexpr std::string_view to_string(row_meta which) {
  switch (which) {
  case row_meta::none:
    break;
  case row_meta::jitsu:
    return "true";
  case row_meta::airbyte:
    return "airbyte";
  }
  return "false";
}

/// The column of Airbyte's that tells of values which could not be delivered as
/// they were: a JSON object whose last member is the array `changes`.
inline constexpr std::string_view airbyte_meta_column = "_airbyte_meta";

} // namespace motorcade
