#pragma once

#include "runtime/database/sql_session.hpp"
#include "runtime/database/sql_text.hpp"
#include "runtime/database/sqlite/sqlite_handle.hpp"

#include <memory>
#include <utility>

namespace motorcade {

/// An SQLite file.
class sqlite_session final : public sql_session {
public:
  /// @param path Absolute.
  explicit sqlite_session(std::string path) : path_{std::move(path)} {}

  /// Runs the action; opens the file before if it is not open. A failure that
  /// may pass closes it, so that the next call opens it anew.
  /// @param subject The object that is written or read, for the failure; may be
  /// empty.
  /// @param action Takes an `sqlite_handle&` and returns a result.
  template <class Action>
  auto attempt(std::string_view subject, Action action)
      -> decltype(action(std::declval<sqlite_handle&>())) {
    failure reason;
    try {
      if (!handle_)
        open();
      return action(*handle_);
    } catch (const sqlite_error& e) {
      reason = {e.code(), e.what()};
    } catch (const std::bad_alloc&) {
      reason = {ec::database_unavailable, "out of memory"};
    }
    if (reason.code == ec::database_unavailable)
      handle_.reset();
    auto where = locate() + ": ";
    if (!subject.empty())
      where += std::string{subject} + ": ";
    reason.what = where + one_line(repair_text(reason.what));
    return reason;
  }

  /// Precondition: within an attempt. Throws if an essential column is missing.
  const sql_table& table_of(std::string_view name);

  result<std::vector<sql_row>> run(std::string_view table,
                                   const statement_maker& make) override;

  /// The same as `run`: SQLite has one writer at a time.
  result<std::vector<sql_row>> run_alone(std::string_view,
                                         std::string_view table,
                                         const statement_maker& make) override {
    return run(table, make);
  }

  /// The subjects mean nothing: SQLite has one writer at a time.
  result<std::vector<std::vector<sql_row>>>
  run_together(std::span<const std::string> subjects, std::string_view table,
               const statements_maker& make) override;

  sql_dialect dialect() const noexcept override { return sql_dialect::sqlite; }

  std::string locate() const override { return "sqlite file " + path_; }

private:
  /// Opens the file, creates missing tables and reads which columns the tables
  /// have. Throws sqlite_error, and what `table_of` throws.
  void open();

  std::string path_;
  std::unique_ptr<sqlite_handle> handle_;
  std::map<std::string, sql_table, std::less<>> tables_;
};

} // namespace motorcade
