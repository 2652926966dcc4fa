#pragma once

#include "controller/records/sync_store.hpp"
#include "controller/tables/filled_tables.hpp"
#include "controller/tables/table_service.hpp"
#include "runtime/sealing/sealing_keys.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// Tables of syncs that are kept.
class kept_tables final : public table_service {
public:
  /// @param store Outlives it.
  kept_tables(sync_store& store, sealing_keys keys, table_world world)
      : store_{store}, keys_{std::move(keys)}, world_{std::move(world)} {}

  result<shown_tables> tables(const std::string& sync_id) override;

  result<table_page> rows(const std::string& sync_id, const std::string& name,
                          const table_look& look) override;

private:
  /// The tables of a sync, and where they are.
  struct found {
    sync_place place;
    std::vector<sync_table> tables;
    /// Why they are not known.
    std::string unknown;
  };

  /// Looks at the sync and at what its source has.
  result<found> look_at(const std::string& sync_id);

  sync_store& store_;
  const sealing_keys keys_;
  const table_world world_;
};

} // namespace motorcade
