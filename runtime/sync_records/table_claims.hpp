#pragma once

#include "runtime/database/sql_session.hpp"
#include "schema/base/result.hpp"

#include <memory>
#include <string>
#include <vector>

namespace motorcade {

/// A row of `sync_table`: a table of a destination that a sync writes to, or
/// was the last to write to.
struct table_claim {
  /// A digest of the destination and the table: equal for equal tables.
  std::string table;
  std::string sync_id;
  /// The digest of the place (`covered_place`) of the run that noted it; empty:
  /// the sync no longer uses the table, and no other sync has claimed it.
  std::string place;
};

/// The tables that syncs write to, each of one sync alone. A table that was
/// given up keeps the name of who wrote to it last. Fails as `sync_records`.
/// Not thread-safe.
class table_claims {
public:
  /// @param session May serve other records, too; lives as long as this.
  explicit table_claims(std::shared_ptr<sql_session> session)
      : session_{std::move(session)} {}

  /// @returns those of the tables that other syncs have.
  result<std::vector<table_claim>>
  of_others(const std::string& sync_id,
            const std::vector<std::string>& tables) {
    return of_others(sync_id, tables, false);
  }

  /// @returns those of the tables that another sync was the last to write to,
  /// and has given up.
  result<std::vector<table_claim>>
  left_by_others(const std::string& sync_id,
                 const std::vector<std::string>& tables) {
    return of_others(sync_id, tables, true);
  }

  /// Gives a sync these tables and takes all others from it. A table that
  /// another sync has stays that one's.
  result<void> replace(const std::string& sync_id, const std::string& place,
                       const std::vector<std::string>& tables);

  /// Takes all tables from a sync.
  result<void> give_up(const std::string& sync_id) {
    return give_up_but(sync_id, {});
  }

private:
  /// Takes all tables but these from a sync.
  result<void> give_up_but(const std::string& sync_id,
                           const std::vector<std::string>& kept);

  /// @returns the rows of those of the tables that other syncs have or, if
  /// `given_up`, have given up.
  result<std::vector<table_claim>>
  of_others(const std::string& sync_id, const std::vector<std::string>& tables,
            bool given_up);

  /// @returns the tables that a sync has, with the place of each.
  result<std::vector<table_claim>> of_sync(const std::string& sync_id);

  /// Gives a sync tables, but for those that a sync has.
  result<void> add(const std::string& sync_id, const std::string& place,
                   const std::vector<std::string>& tables);

  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
