#pragma once

#include "runtime/database/sqlite/sqlite_handle.hpp"
#include "runtime/destination/warehouse/interruption.hpp"
#include "schema/base/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace motorcade {

/// The SQLite file that rows go to, with its one connection: SQLite has one
/// writer at a time, even with several connections. One thread at a time calls
/// it.
class sqlite_store {
public:
  /// @param path Absolute. The file is made if there is none, for its owner and
  /// group.
  explicit sqlite_store(std::string path) : path_{std::move(path)} {}

  sqlite_store(const sqlite_store&) = delete;
  sqlite_store& operator=(const sqlite_store&) = delete;

  /// @returns the path of the file.
  const std::string& path() const { return path_; }

  /// @returns a number that no temporary table of the connection has yet.
  uint64_t next_number() { return ++number_; }

  /// Opens the file if it is not open and runs the action.
  /// @param stop Ends its waits for locks, and its statements.
  /// @param action Takes an `sqlite_handle&`, may throw sqlite_error, and
  /// returns a result<void>.
  /// @returns destination_unavailable for what may pass later (the file is
  /// locked, the disk is full), destination_rejected for what will not,
  /// cancelled if `stop` was raised.
  template <class Action>
  result<void> attempt(const interruption& stop, Action action) {
    try {
      stop_ = &stop;
      if (!handle_)
        open();
      waited_ms_ = 0;
      auto ok = action(*handle_);
      stop_ = nullptr;
      return ok;
    } catch (const sqlite_error& error) {
      stop_ = nullptr;
      return explain(error, stop);
    }
  }

  /// Looks whether the path still leads to the open file. Call it within a
  /// transaction, before the commit: SQLite commits to a removed file without
  /// an error.
  /// @returns destination_unavailable if the file was removed, or another one
  /// is in its place, since it was opened. Precondition: open.
  result<void> check_place() const;

private:
  /// Opens the file, or makes it. Throws sqlite_error.
  void open();

  /// @returns the failure that an error is for a destination; it names the
  /// file.
  failure explain(const sqlite_error& error, const interruption& stop) const;

  /// Each of these is called by SQLite; `store` is this object. `on_busy` waits
  /// for a lock and returns 0 to give up, `on_progress` returns 1 to end a
  /// statement.
  static int on_busy(void* store, int count);
  static int on_progress(void* store);

  const std::string path_;
  std::unique_ptr<sqlite_handle> handle_;
  const interruption* stop_ = nullptr;
  int waited_ms_ = 0;
  uint64_t number_ = 0;
};

} // namespace motorcade
