#pragma once

#include "runtime/destination/mysql/mysql_notes.hpp"
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
  /// @param stop Ends all calls; must outlive this.
  mysql_loader(mysql_pool_ptr pool, const upload_request& request,
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

  /// Takes a link. The first time it also makes the database, drops tables that
  /// dead tasks have left and looks at the target.
  result<void> begin();

  /// Takes a link from the pool, if there is none.
  result<void> take_link();

  /// Sends the rows that are gathered as one LOAD DATA.
  result<void> send_rows();

  /// Takes a link for what is left to do, if there is none.
  result<void> take_last_link();

  /// Drops the request's own table; waits for a lock on it for 10 s at most.
  result<void> drop_staging();

  // The commit.

  /// Commits requests in one transaction, by the link of the first.
  static joint_outcome commit_all(std::span<mysql_loader* const> all);

  /// Ends what came before the commit.
  /// @returns whether there is something to commit.
  result<bool> prepare();

  /// Locks the target against other commits until the connection ends, or
  /// `unlock`.
  result<void> lock();

  /// Lets other tasks commit to the target.
  result<void> unlock();

  /// Commits, while no other task commits to the same tables.
  static joint_outcome commit_locked(std::unique_ptr<mysql_link>& link,
                                     std::span<mysql_loader* const> all);

  /// Brings the rows of all and their states, in one transaction.
  static joint_outcome transact(std::unique_ptr<mysql_link>& link,
                                std::span<mysql_loader* const> all);

  /// Makes all that one transaction cannot bring, each of which commits by
  /// itself, unless an earlier transaction has brought the rows.
  /// @param joint Whether the same transaction brings other requests, too.
  result<void> make_ready(bool joint);

  /// Brings the rows to the target, as a part of the transaction, unless an
  /// earlier one has.
  result<void> bring();

  /// Looks at the target once more.
  /// @returns destination_unavailable if another program has changed a column
  /// that the rows have.
  result<void> check_target();

  /// Makes the target, or gives it the columns and the key that it lacks. Each
  /// statement commits by itself; none brings rows.
  result<void> fit_target();

  /// Looks at the target as `fit_target` has left it, for a commit that is
  /// tried again.
  result<void> note_fitted();

  /// Gives the target a unique index of the key, in place of an older one of
  /// ours. A key with a column that can be in no index stays without.
  result<void> fit_key();

  /// Makes the unique index of the key.
  /// @returns destination_rejected if rows break it, unless they are about to
  /// be replaced: then the index is due after them.
  result<void> add_key();

  /// Empties a target that is replaced, then adds the rows without columns and
  /// merges the others.
  result<void> move_rows();

  /// Brings the rows of the request's own table to the target; of rows with one
  /// key the one counts that `drop_duplicates` keeps.
  result<void> merge();

  /// Makes the index that is due; a failure is only logged, since the rows are
  /// there.
  void finish_key();

  /// Runs statements until one fails.
  result<void> run_all(const std::vector<std::string>& statements);

  /// Runs a statement whose rows do not matter.
  result<void> run(const std::string& sql);

  /// @returns the statements of the request. Precondition: begun.
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
  /// The target with the columns that this attempt has added, which stay also
  /// if its commit fails: they are not another program's.
  mysql_target fitted_;
  /// For the rows that come now.
  std::string load_statement_;
  /// Rows that were not sent yet.
  wire_buffer rows_;
  /// Parts that the staging table has.
  std::vector<std::string> staged_;
  /// The states that the commit makes true.
  state_notes notes_;
  bool staging_made_ = false;
  /// Whether a connection that was given back has staged rows.
  bool staging_left_ = false;
  /// The key could not be made before the rows that break it were replaced.
  bool key_is_due_ = false;
  /// Whether an earlier transaction has brought the rows.
  bool is_there_ = false;
  /// Whether a joint commit was tried, which notes each request.
  bool tried_together_ = false;
};

} // namespace motorcade
