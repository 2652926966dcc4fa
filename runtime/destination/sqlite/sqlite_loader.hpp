#pragma once

#include "runtime/destination/sqlite/sqlite_rows.hpp"
#include "runtime/destination/sqlite/sqlite_sql.hpp"
#include "runtime/destination/sqlite/sqlite_store.hpp"
#include "runtime/destination/sqlite/sqlite_target.hpp"
#include "runtime/destination/tables/table_builder.hpp"
#include "runtime/destination/warehouse/request_table.hpp"
#include "runtime/destination/warehouse/table_loader.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// Brings rows to a table of an SQLite file: each block into a temporary table
/// of the connection, which no other connection sees and a crash leaves nothing
/// of, then one transaction into the target.
class sqlite_loader final : public table_loader, private table_sink {
public:
  /// @param stop Ends all calls; must outlive this.
  sqlite_loader(std::shared_ptr<sqlite_store> store,
                const upload_request& request, const interruption& stop);

  result<void> add(const block& rows) override;

  /// Keeps its temporary table: there is one connection for all loaders.
  result<void> pause() override { return {}; }

  void note(const state_notes& notes) override { notes_ = notes; }

  result<void> commit() override;

  joint_outcome commit_together(std::span<table_loader* const> all) override;

  load_summary summary() const override {
    return summarize(request_, builder_, target_.exists);
  }

  void clean_up() noexcept override;

private:
  result<void> on_layout(const table_layout& layout) override;
  result<void> on_rows(std::string_view wire) override;

  /// Notes the handle; the first time it also looks at the target.
  result<void> begin(sqlite_handle& handle);

  /// Inserts the next row into the temporary table. Throws sqlite_error.
  void stage_row(sqlite_row_reader& rows);

  // The transaction.

  /// Commits requests in one transaction.
  joint_outcome transact(std::span<sqlite_loader* const> all);

  /// Ends what came before the transaction. Throws sqlite_error, as do those
  /// below.
  /// @returns whether there is something to commit.
  result<bool> prepare(sqlite_handle& handle);

  /// Brings the rows to the target, as a part of the transaction, unless an
  /// earlier one has.
  result<void> bring(sqlite_handle& handle);

  /// Looks at the target once more, now that other writers are kept out.
  /// @returns destination_unavailable if another program has changed a column
  /// that the rows have.
  result<void> check_target(sqlite_handle& handle);

  /// Makes, empties or widens the target, and adds the rows.
  result<void> move_rows(sqlite_handle& handle);

  /// Gives the target a unique index of the key, unless one of another program
  /// has it; an older one of ours goes.
  /// @returns destination_rejected if rows that are there break it.
  result<void> fit_key(sqlite_handle& handle);

  const std::shared_ptr<sqlite_store> store_;
  const upload_request request_;
  const interruption& stop_;
  const std::string table_;
  /// The store's handle, during a call.
  sqlite_handle* handle_ = nullptr;
  sqlite_rows wire_;
  std::optional<table_builder> builder_;
  std::optional<sqlite_sql> sql_;
  sqlite_target target_;
  std::optional<sqlite_statement> stage_;
  /// For each column of the temporary table, the number of parts of the current
  /// rows.
  std::vector<size_t> parts_;
  /// The states that the commit makes true.
  state_notes notes_;
};

/// @returns the name of the table that the rows of a request go to.
std::string sqlite_table_of(const upload_request& request);

} // namespace motorcade
