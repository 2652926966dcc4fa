#pragma once

#include "runtime/database/sql_session.hpp"
#include "schema/base/result.hpp"

#include <memory>
#include <string>
#include <vector>

namespace motorcade {

/// A row of `sync_table`: a table of a destination, and the sync that writes to
/// it or was the last to do so.
struct table_claim {
  /// A digest of the destination and the table: equal for equal tables.
  std::string table;
  std::string sync_id;
  /// The digest of the place (`covered_place`) of the run that claimed the
  /// table; empty: the sync has given the table up, and no other sync has
  /// claimed it.
  std::string place;
};

/// The tables that syncs write to; each is claimed by one sync at a time. The
/// row of a table that was given up still names the sync that wrote to it last.
/// Fails as `sync_records`. Not thread-safe.
class table_claims {
public:
  /// @param session May serve other records, too; lives as long as this.
  explicit table_claims(std::shared_ptr<sql_session> session)
      : session_{std::move(session)} {}

  /// @returns those of the tables that other syncs have claimed.
  result<std::vector<table_claim>>
  of_others(const std::string& sync_id,
            const std::vector<std::string>& tables) {
    return of_others(sync_id, tables, false);
  }

  /// @returns those of the tables that another sync was the last to write to
  /// and has given up.
  result<std::vector<table_claim>>
  left_by_others(const std::string& sync_id,
                 const std::vector<std::string>& tables) {
    return of_others(sync_id, tables, true);
  }

  /// Claims these tables for a sync and gives up its other ones. A table that
  /// another sync has claimed stays that sync's.
  result<void> replace(const std::string& sync_id, const std::string& place,
                       const std::vector<std::string>& tables);

  /// Gives up all tables of a sync.
  result<void> give_up(const std::string& sync_id) {
    return give_up_but(sync_id, {});
  }

private:
  /// Gives up all tables of a sync but these.
  result<void> give_up_but(const std::string& sync_id,
                           const std::vector<std::string>& kept);

  /// @returns those of the tables that other syncs have claimed or, if
  /// `given_up` is set, that other syncs have given up.
  result<std::vector<table_claim>>
  of_others(const std::string& sync_id, const std::vector<std::string>& tables,
            bool given_up);

  /// @returns the tables that a sync has claimed, with the place of each.
  result<std::vector<table_claim>> of_sync(const std::string& sync_id);

  /// Claims tables for a sync; those that any sync has claimed stay as they
  /// are.
  result<void> add(const std::string& sync_id, const std::string& place,
                   const std::vector<std::string>& tables);

  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
