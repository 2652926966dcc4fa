#pragma once

#include "runtime/database/sql_session.hpp"
#include "schema/base/result.hpp"

#include <memory>
#include <optional>
#include <string>

namespace motorcade {

/// A row of `sync_place`: where the rows lie that the saved states of a sync
/// tell of, and which connector brought them.
struct covered_place {
  /// A digest of the place, and the connector: equal for equal places; empty:
  /// the states tell of no rows that are still there.
  std::string place;
  /// The place for people, without secrets; why there is none if it is empty.
  std::string shown;
  /// The run that went there first, although states told of another place;
  /// empty: there was none.
  std::string first_run;
};

/// The places that saved states of syncs tell of. A place stays when its sync
/// is deleted, as the states do. Fails as `sync_records`. Not thread-safe.
class covered_places {
public:
  /// @param session May serve other records, too; lives as long as this.
  explicit covered_places(std::shared_ptr<sql_session> session)
      : session_{std::move(session)} {}

  /// @returns nothing if the sync has not run yet, or not in a version that
  /// noted it.
  result<std::optional<covered_place>> find(const std::string& sync_id);

  /// Notes or replaces the place of a sync.
  result<void> put(const std::string& sync_id, const covered_place& row);

private:
  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
