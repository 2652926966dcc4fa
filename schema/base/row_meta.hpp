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

/// The column of Airbyte's that tells of values which could not be delivered as
/// they were: a JSON object whose last member is the array `changes`.
inline constexpr std::string_view airbyte_meta_column = "_airbyte_meta";

} // namespace motorcade
