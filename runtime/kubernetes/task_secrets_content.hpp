#pragma once

#include "runtime/task/task_layout.hpp"
#include "schema/base/result.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <vector>

namespace motorcade {

/// The most bytes of documents that a task's Secrets hold, packed: 16 MiB of
/// which nothing can be saved, and what zstd adds.
inline constexpr size_t largest_packed =
    (size_t{16} << 20) + (size_t{64} << 10);

/// The most bytes of documents that the init step unpacks.
inline constexpr size_t largest_unpacked = size_t{32} << 20;

/// The key of the document that the sidecar alone may see.
inline constexpr const char* destination_key = "destinationConfig";

/// The values of all Secrets of a task. They hold passwords: never to be
/// logged.
struct secret_contents {
  /// Values of the first Secret, as they are.
  nlohmann::json texts;
  /// More of its values, in base64; an empty object: none.
  nlohmann::json data = nlohmann::json::object();
  /// The values of further Secrets, in base64: packed documents, or parts of
  /// such, which no Secret holds whole. Empty: the first one holds all.
  std::vector<nlohmann::json> more;
  /// Documents are packed, and the init step unpacks them.
  bool packed = false;
  /// The destinationConfig is packed. The sidecar unpacks it: no other
  /// container may see it.
  bool destination_packed = false;
};

/// Lays documents out in as few Secrets as hold them: as they are, packed in
/// one, or packed in several.
/// @param texts Values of the first Secret besides.
/// @returns invalid_argument with the size of each document if they are too
/// large.
result<secret_contents>
lay_out_secrets(nlohmann::json texts,
                const std::vector<task_document>& documents);

} // namespace motorcade
