#pragma once

#include "actors/session/stream_life.hpp"
#include "runtime/destination/destination.hpp"
#include "schema/state/state_chains.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace motorcade {

/// The settings of a read session.
struct read_session_settings {
  /// In the catalog's order; their index names them everywhere.
  std::vector<session_stream> streams;
  commit_pace pace;
  /// If the open bytes of all incremental streams together exceed this,
  /// requests are cut, so that they can be sent again.
  uint64_t open_bytes_limit = UINT64_MAX;
  /// Upper bound of held rows (rows behind the last STATE of an open request),
  /// in bytes, over all streams. Beyond, these requests end at their states.
  uint64_t held_bytes_limit = 2u << 20;
  /// A commit costs as much as the table is large, as with files: requests do
  /// not end before the pace of commits allows, even if rows are held.
  bool commits_are_costly = false;
  /// No request is open for longer; Bulker ends one after 30 minutes.
  std::chrono::milliseconds longest_request = std::chrono::minutes{25};
  /// Requests of any size can be sent again (SPOOL_DIR).
  bool requests_are_kept = false;
  /// STRICT_RECORD_COUNT: a state that counts more records than came is not
  /// saved, nor are later ones of its streams.
  bool strict_record_count = false;
  /// The connector was given one state for all streams (GLOBAL, LEGACY).
  bool whole_state_given = false;
  /// A request without rows empties a table that it replaces.
  bool empties_tables = false;
  /// The states that the destination keeps beside the rows; empty: none.
  state_chains chains;
  /// The connector's config, to name the keys that a changed one changes.
  /// Secret; empty: not known.
  std::string connector_config;
};

} // namespace motorcade
