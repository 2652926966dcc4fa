#pragma once

#include "schema/base/result.hpp"

#include <cstdint>
#include <string_view>

namespace motorcade {

/// The kind of destination that a destinationConfig names.
enum class destination_kind : uint8_t {
  /// No `destinationType` is given: BULKER_URL says where rows go.
  unsaid,
  postgres,
  clickhouse,
  /// MySQL or MariaDB.
  mysql,
  /// A bucket of S3, or of a server that speaks its protocol.
  s3,
  /// A bucket of Google Cloud Storage.
  gcs,
  /// An SQLite file.
  sqlite,
  /// A folder of compressed JSON lines.
  file,
};

/// @returns whether such a destination is a file on the machine of the task.
constexpr bool is_local(destination_kind kind) {
  return kind == destination_kind::sqlite || kind == destination_kind::file;
}

/// Reads `destinationType` of a destinationConfig.
/// @returns invalid_argument if it is no JSON object, or names a type that is
/// not supported; the text lists those that are, and the ways to others. No
/// value but the type is shown.
result<destination_kind> kind_of_destination(std::string_view config);

} // namespace motorcade
