#pragma once

#include "runtime/destination/mysql/mysql_pool.hpp"
#include "runtime/destination/mysql/mysql_target.hpp"
#include "runtime/destination/tables/copy_text.hpp"
#include "runtime/destination/tables/table_builder.hpp"
#include "runtime/destination/warehouse/request_table.hpp"
#include "runtime/destination/warehouse/table_loader.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// Brings rows to a table of MySQL or MariaDB: LOAD DATA into a table of the
/// request's own, then whatever the target lacks, which each time commits by
/// itself, then one transaction that moves the rows.
class mysql_loader final : public table_loader, private table_sink {
public:
  mysql_loader(mysql_pool_ptr pool, const upload_request& request,
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
  result<void> send_rows();
  result<void> drop_staging();

  // The commit.
  result<void> commit_alone();
  result<void> check_target();
  result<void> fit_target();
  result<void> fit_key();
  result<void> add_key();
  result<void> transact();
  result<void> move_rows();
  result<void> merge();
  void finish_key();
  result<void> run_all(const std::vector<std::string>& statements);
  result<void> run(const std::string& sql);

  /// @returns whether the request must not come twice.
  bool is_noted_kind() const;

  const mysql_sql& sql() const { return *sql_; }

  mysql_pool_ptr pool_;
  const upload_request request_;
  const interruption& stop_;
  table_name target_name_;
  std::unique_ptr<mysql_link> link_;
  copy_text wire_{true};
  std::optional<table_builder> builder_;
  std::optional<mysql_sql> sql_;
  mysql_target target_;
  /// For the rows that come now.
  std::string load_statement_;
  /// Rows that were not sent yet.
  wire_buffer rows_;
  /// Parts that the staging table has.
  std::vector<std::string> staged_;
  bool staging_made_ = false;
  /// Rows went there by a connection that was given back.
  bool staging_left_ = false;
  /// The key could not be made before the rows that break it were replaced.
  bool key_is_due_ = false;
};

} // namespace motorcade
