#pragma once

#include "runtime/destination/clickhouse/clickhouse_link.hpp"
#include "runtime/destination/clickhouse/clickhouse_sql.hpp"
#include "runtime/destination/tables/copy_text.hpp"
#include "runtime/destination/tables/table_builder.hpp"
#include "runtime/destination/warehouse/request_table.hpp"
#include "runtime/destination/warehouse/table_loader.hpp"
#include "runtime/destination/warehouse/zstd_body.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// A table of ClickHouse as it was found.
struct clickhouse_target {
  bool exists = false;
  std::vector<target_column> columns = {};

  /// @returns the column's type; nothing if there is no such column.
  const column_shape* find(std::string_view column) const;
};

/// Brings rows to a table of ClickHouse: INSERTs of some megabytes into a table
/// of the request's own, then one INSERT … SELECT into the target, or an
/// exchange of tables if the request replaces it.
///
/// ClickHouse has no transactions. Rows that are appended become visible block
/// by block, of some million rows each; a request that is sent again is known
/// by its number if the table deduplicates blocks, as the tables do that
/// were made here. https://clickhouse.com/docs/guides/developer/deduplication
class clickhouse_loader final : public table_loader, private table_sink {
public:
  /// @param stop Ends all calls; must outlive this.
  clickhouse_loader(clickhouse_pool_ptr pool, const upload_request& request,
                    const interruption& stop);

  result<void> add(const block& rows) override;

  result<void> pause() override;

  result<void> commit() override;

  load_summary summary() const override {
    return summarize(request_, builder_, target_.exists);
  }

  std::optional<std::chrono::milliseconds> retry_after() const override {
    return link_ ? link_->retry_after() : std::nullopt;
  }

  void clean_up() noexcept override;

private:
  result<void> on_layout(const table_layout& layout) override;
  result<void> on_rows(std::string_view wire) override;

  /// Makes the database of the rows if it is missing.
  result<void> make_database();

  /// Takes a link. The first time it also makes the database, looks at the
  /// target and drops tables that dead tasks have left.
  result<void> begin();

  /// Takes a link from the pool, if there is none.
  void take_link();

  /// Drops tables of earlier requests for this target whose tasks are over.
  result<void> sweep();

  /// @returns the target as it is now; destination_rejected if it is a view or
  /// a dictionary.
  result<clickhouse_target> look();

  /// Looks at the target once more.
  /// @returns destination_unavailable if another writer has changed a column
  /// that the rows have.
  result<void> check_target();

  /// Counts the rows in the request's own table: a server that started anew may
  /// have lost some.
  /// @returns destination_unavailable if some are lost.
  result<void> check_staging();

  /// Sends the rows that are gathered as one INSERT.
  result<void> send_rows();

  /// Brings the rows to the target, which is made or given the columns that it
  /// lacks.
  result<void> append();

  /// Lets a table with the rows of the request take the target's place; without
  /// rows the target is emptied.
  result<void> replace();

  /// Copies the rows from the request's own table. The number of a request that
  /// appends is the token by which ClickHouse drops blocks that are sent again.
  result<void> fill(const std::string& table);

  /// Runs a statement without rows.
  result<void> run(const std::string& statement);

  const clickhouse_pool_ptr pool_;
  const upload_request request_;
  const interruption& stop_;
  const std::string database_;
  const std::string table_;
  std::unique_ptr<clickhouse_link> link_;
  copy_text wire_{true};
  std::optional<table_builder> builder_;
  std::optional<clickhouse_sql> sql_;
  clickhouse_target target_;
  zstd_body body_;
  std::string insert_;
  /// Parts that the request's own table has.
  std::vector<std::string> staged_;
  /// The tables that `clean_up` drops.
  std::vector<std::string> made_;
};

/// @returns the database that the rows of a request go to.
std::string clickhouse_database_of(const upload_request& request,
                                   const std::string& fallback);

/// @returns the table that the rows of a request go to.
std::string clickhouse_table_of(const upload_request& request);

} // namespace motorcade
