#pragma once

#include "runtime/database/sql_session.hpp"
#include "schema/base/result.hpp"

#include <memory>
#include <optional>
#include <string>

namespace motorcade {

/// A row of `sync_place`: the place of the rows that a sync's saved states
/// belong to, and the connector that brought those rows.
struct covered_place {
  /// A digest of the place, and the connector: equal for equal places. Empty:
  /// the states belong to rows that are no longer there.
  std::string place;
  /// The place for people, without secrets. If `place` is empty: the reason, in
  /// words.
  std::string shown;
  /// The first run that went there although the saved states belonged to
  /// another place; empty: there was none.
  std::string first_run;
};

/// The places that saved states of syncs belong to. A place stays when its sync
/// is deleted, as the states do. Fails as `sync_records`. Not thread-safe.
class covered_places {
public:
  /// @param session May serve other records, too; lives as long as this.
  explicit covered_places(std::shared_ptr<sql_session> session)
      : session_{std::move(session)} {}

  /// @returns the place; nothing if the sync has not run yet, or only in a
  /// version that did not note it.
  result<std::optional<covered_place>> find(const std::string& sync_id);

  /// Notes or replaces the place of a sync.
  result<void> put(const std::string& sync_id, const covered_place& row);

private:
  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
