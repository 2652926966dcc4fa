#pragma once

#include "runtime/destination/postgres/postgres_pool.hpp"
#include "runtime/destination/postgres/postgres_target.hpp"
#include "runtime/destination/tables/copy_text.hpp"
#include "runtime/destination/tables/table_builder.hpp"
#include "runtime/destination/warehouse/request_table.hpp"
#include "runtime/destination/warehouse/table_loader.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// Brings rows to a table of Postgres: COPY into a table of the request's own,
/// then one transaction into the target.
///
/// If there is no target yet, and no column became wider than it began, the
/// request's own table becomes the target, without another copy of a row.
class postgres_loader final : public table_loader, private table_sink {
public:
  postgres_loader(postgres_pool_ptr pool, const upload_request& request,
                  const interruption& stop);

  result<void> add(const block& rows) override;

  result<void> pause() override;

  result<void> commit() override;

  load_summary summary() const override {
    return summarize(request_, builder_, target_.exists);
  }

  void clean_up() noexcept override;

private:
  result<void> on_layout(const table_layout& layout) override;
  result<void> on_rows(std::string_view wire) override;

  result<void> begin();
  result<void> take_link();
  result<void> end_copy();
  result<void> make_staging(const table_layout& layout);

  // The transaction.
  result<void> transact();
  result<void> check_target();
  result<bool> note_commit();
  result<void> empty_target();
  result<void> adopt_staging();
  result<void> move_rows();
  result<void> fit_key();
  result<void> merge();
  /// Runs a statement that fails on two rows of one key, and once more without
  /// the duplicates.
  result<void> run_without_duplicates(const std::string& sql);
  result<void> run_all(const std::vector<std::string>& statements);
  result<void> run(const std::string& sql);

  const postgres_sql& sql() const { return *sql_; }

  postgres_pool_ptr pool_;
  const upload_request request_;
  const interruption& stop_;
  table_name target_name_;
  std::unique_ptr<postgres_link> link_;
  copy_text wire_;
  std::optional<table_builder> builder_;
  std::optional<postgres_sql> sql_;
  postgres_target target_;
  /// For the rows that come now.
  std::string copy_statement_;
  /// Parts that the staging table has.
  std::vector<std::string> staged_;
  bool staging_made_ = false;
  /// Rows went there by a connection that was given back.
  bool staging_left_ = false;
  bool copying_ = false;
};

} // namespace motorcade
