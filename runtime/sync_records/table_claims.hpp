#pragma once

#include "runtime/database/sql_session.hpp"
#include "schema/base/result.hpp"

#include <memory>
#include <string>
#include <vector>

namespace motorcade {

/// A row of `sync_table`: a table of a destination that a sync writes to.
struct table_claim {
  /// A digest of the destination and the table: equal for equal tables.
  std::string table;
  std::string sync_id;
  /// The digest of the place (`covered_place`) of the run that noted it.
  std::string place;
};

/// The tables that syncs write to, each of one sync alone. Fails as
/// `sync_records`. Not thread-safe.
class table_claims {
public:
  /// @param session May serve other records, too; lives as long as this.
  explicit table_claims(std::shared_ptr<sql_session> session)
      : session_{std::move(session)} {}

  /// @returns those of the tables that other syncs have.
  result<std::vector<table_claim>>
  of_others(const std::string& sync_id, const std::vector<std::string>& tables);

  /// Gives a sync these tables and takes all others from it. A table that
  /// another sync has stays that one's.
  result<void> replace(const std::string& sync_id, const std::string& place,
                       const std::vector<std::string>& tables);

  /// Takes all tables from a sync.
  result<void> erase(const std::string& sync_id);

private:
  /// @returns the tables that a sync has, with the place of each.
  result<std::vector<table_claim>> of_sync(const std::string& sync_id);

  /// Adds tables, but for those that a sync has.
  result<void> add(const std::string& sync_id, const std::string& place,
                   const std::vector<std::string>& tables);

  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
