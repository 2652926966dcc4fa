#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/database/sql_session.hpp"
#include "schema/base/result.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// A row of `sync_schema`: what a sync has seen of its source.
struct schema_row {
  /// Texts as `known_schema` has them; `baseline` is a JSON array.
  std::string seen;
  std::string followed;
  std::string baseline;
  std::string selection;
  /// When it was stored, as the database wrote it; `put` ignores it.
  std::string seen_at = {};
};

/// A row of `sync_change`: a change of what a source has.
struct change_row {
  std::string id;
  std::string sync_id;
  /// JSON: `write_diff`.
  std::string changes;
  /// The policy that was applied.
  std::string action;
  /// Whether the sync is still to be paused for it.
  bool pauses = false;
  /// The reason for people.
  std::string summary;
  wall_time created_at = {};
};

/// What syncs have seen of their sources, and the changes. Fails as
/// `sync_records`. Not thread-safe.
class sync_schemas {
public:
  /// @param session May serve other records, too; lives as long as this.
  explicit sync_schemas(std::shared_ptr<sql_session> session)
      : session_{std::move(session)} {}

  /// @returns nothing if the sync has not run yet.
  result<std::optional<schema_row>> find(const std::string& sync_id);

  /// Stores or replaces what a sync has seen.
  result<void> put(const std::string& sync_id, const schema_row& row);

  /// Adds a change, unless one of that id is there.
  result<void> add_change(const change_row& change);

  /// @returns the change; nothing if there is none of that id.
  result<std::optional<change_row>> find_change(const std::string& id);

  /// @returns the changes of a sync, the newest first.
  result<std::vector<change_row>> changes(const std::string& sync_id,
                                          size_t limit);

  /// @returns the changes for which a sync is still to be paused.
  result<std::vector<change_row>> open_pauses();

  /// Notes that the sync was paused for a change.
  result<void> close_pause(const std::string& change_id);

private:
  /// @returns the changes that a condition selects.
  /// @param where Called with an `sql_builder&`; returns the condition's text.
  template <class Where>
  result<std::vector<change_row>> select(const Where& where);

  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
