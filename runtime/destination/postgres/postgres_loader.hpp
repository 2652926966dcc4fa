#pragma once

#include "runtime/destination/postgres/postgres_notes.hpp"
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
/// If there is no target yet, nor was at the first row, and no column became
/// wider than it began, the request's own table becomes the target, without
/// another copy of a row.
class postgres_loader final : public table_loader, private table_sink {
public:
  /// @param stop Ends all calls; must outlive this.
  postgres_loader(postgres_pool_ptr pool, const upload_request& request,
                  const interruption& stop);

  result<void> add(const block& rows) override;

  result<void> pause() override;

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

  /// Takes a link. The first time it also makes the schema, drops tables that
  /// dead tasks have left and looks at the target.
  result<void> begin();

  /// Takes a link from the pool, if there is none.
  result<void> take_link();

  /// Ends the COPY under way, if there is one.
  result<void> end_copy();

  /// Makes the request's own table, with a comment that says whose it is.
  result<void> make_staging(const table_layout& layout);

  // The transaction.

  /// Commits requests in one transaction, by the link of the first.
  static joint_outcome transact(std::span<postgres_loader* const> all);

  /// Runs one transaction by a link that each loader is lent in turn.
  static joint_outcome transact_by(std::unique_ptr<postgres_link>& link,
                                   std::span<postgres_loader* const> all);

  /// Ends what came before the transaction.
  /// @returns whether there is something to commit.
  result<bool> prepare();

  /// Brings the rows to the target, as a part of the transaction, unless an
  /// earlier one has.
  /// @param joint Whether the same transaction brings other requests, too.
  result<void> bring(bool joint);

  /// Looks at the target once more, now that it is locked against other
  /// commits.
  /// @returns destination_unavailable if another program has changed a column
  /// that the rows have.
  result<void> check_target();

  /// Removes all rows of the target; by DELETE if something keeps it from
  /// TRUNCATE.
  result<void> empty_target();

  /// Lets the request's own table become the target, which does not exist yet.
  result<void> adopt_staging();

  /// Makes, empties or widens the target, and adds the rows.
  result<void> move_rows();

  /// Gives the target the primary key, in place of an older one of ours; one of
  /// another program stays.
  /// @returns destination_rejected if rows that are there break it.
  result<void> fit_key();

  /// Adds the rows of the request's own table; of rows with one key the one
  /// counts that `drop_duplicates` keeps.
  result<void> merge();

  /// Lets the column of a key that was dropped be null, as rows of the request
  /// need it; otherwise it stays as the key left it.
  result<void> let_nulls_in(const std::string& column);

  /// Runs a statement that fails if two rows have one key; then removes the
  /// duplicates and runs it again.
  result<void> run_without_duplicates(const std::string& sql);

  /// Runs statements until one fails.
  result<void> run_all(const std::vector<std::string>& statements);

  /// Runs a statement whose rows do not matter.
  result<void> run(const std::string& sql);

  /// @returns the reason why the last statement failed. If the request's own
  /// table was dropped by another client it is destination_unavailable: a new
  /// attempt makes the table again. Precondition: begun.
  failure blame(failure reason) const;

  /// @returns the statements of the request. Precondition: begun.
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
  /// The states that the commit makes true.
  state_notes notes_;
  bool staging_made_ = false;
  /// Whether the request's own table outlives a crash of the server.
  bool staging_logged_ = false;
  /// Whether a connection that was given back has staged rows.
  bool staging_left_ = false;
  bool copying_ = false;
  /// Whether the transaction under way uses up the request's own table.
  bool staging_goes_ = false;
  /// Whether a joint commit was tried, which notes each request.
  bool tried_together_ = false;
};

} // namespace motorcade
