#pragma once

#include "schema/base/result.hpp"
#include "schema/base/stream_id.hpp"
#include "schema/catalog/jitsu_schema.hpp"
#include "schema/catalog/key_path.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// How the connector reads a stream.
enum class sync_mode : uint8_t {
  full_refresh,
  incremental,
};

/// @returns the protocol's spelling.
std::string_view to_string(sync_mode mode);

/// Which generation of a stream's rows a sync brings (Airbyte's refreshes).
/// Numbers of any size, as they are written.
struct stream_generation {
  std::string id = "0";
  /// `id`: older rows go once the stream is complete; 0: they stay.
  std::string minimum = "0";

  /// @returns whether rows of older generations go once the stream is complete.
  bool replaces() const { return minimum != "0" && minimum == id; }
};

/// One stream that shall be read (the protocol's ConfiguredAirbyteStream).
struct catalog_stream {
  stream_id id;
  sync_mode mode = sync_mode::full_refresh;
  /// As it came; empty: not given.
  std::string destination_sync_mode;
  /// Set if the platform numbers generations. Only then `destination_sync_mode`
  /// counts.
  std::optional<stream_generation> generation;
  /// The path to the cursor; empty: none, or the connector's own.
  std::vector<std::string> cursor_field;
  /// The members of the connector's own key.
  std::vector<key_path> source_defined_primary_key;
  /// Those of the key that the user chose.
  std::vector<key_path> primary_key;
  /// Jitsu's extension: the table that the stream shall go to; empty: none.
  std::string table_name;
  /// An extension of ours: the only members of its rows that are delivered,
  /// names of the rows' first level, those of cursor and keys among them;
  /// empty: all.
  std::vector<std::string> selected_columns;
  /// The columns that the connector announced, in its order.
  std::vector<schema_field> fields;
};

/// The streams of a sync, in the order given. No two have the same identity or
/// the same key.
struct catalog {
  std::vector<catalog_stream> streams;

  /// @returns the stream, or nullptr if there is none. Valid as long as the
  /// catalog is not changed.
  const catalog_stream* find(const stream_id& id) const;
};

/// Reads a ConfiguredAirbyteCatalog of the Airbyte protocol. Unknown members
/// are ignored; a null member counts as absent.
/// @returns invalid_catalog, naming the place (`streams[2].stream.name: …`),
/// for what is not JSON, holds no stream or names one twice.
result<catalog> parse_catalog(std::string_view json);

} // namespace motorcade
