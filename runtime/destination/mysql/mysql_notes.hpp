#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/destination/mysql/mysql_link.hpp"
#include "runtime/destination/warehouse/sql_text.hpp"
#include "schema/state/state_note.hpp"

#include <span>
#include <string>
#include <vector>

namespace motorcade {

/// Notes that a transaction writes beside its rows, in the rows' own database:
/// `_motorcade_commits` has each committed request that appended rows,
/// `_motorcade_states` the states that are true with the rows.
class mysql_notes {
public:
  /// @param database That of the rows.
  mysql_notes(const upload_request& request, const std::string& database);

  /// Makes the table of requests if it is missing, which commits.
  /// @returns whether the request was committed before.
  result<bool> has(mysql_link& link) const;

  /// Makes the table of states if it is missing, which commits.
  result<void> make_place_for_states(mysql_link& link) const;

  /// Forgets the sync's requests that are older than a month, since no attempt
  /// is repeated after that; at the first request of a stream alone. To be
  /// called before the transaction: the locks of two would deadlock.
  result<void> forget_old(mysql_link& link) const;

  /// Notes the request, as a part of the transaction that brings its rows.
  result<void> put(mysql_link& link) const;

  /// Notes the states that are true with this request, and ends the
  /// transaction.
  result<void> commit(mysql_link& link, const state_notes& states) const;

private:
  /// Notes states, as a part of the transaction.
  result<void> put_states(mysql_link& link,
                          std::span<const state_note> states) const;

  table_name table_;
  table_name states_;
  bool is_first_;
  std::string sync_;
  std::string stream_;
  std::string unit_;
  std::string id_;
};

/// @returns the name of the lock of commits to a table, as an expression. The
/// server keeps it for a connection that is lost until it is done with its
/// statement.
std::string commit_lock_of(const table_name& target);

/// Waits for commits to the tables that are under way, as those of a sidecar
/// that was killed may be.
/// @returns the states that are noted for a sync in the databases of the
/// tables.
result<std::vector<state_note>>
find_noted_states(mysql_link& link, const std::vector<table_name>& targets,
                  const std::string& sync);

/// Forgets the states that are noted for a sync, and notes of any sync that are
/// older than a month, 10,000 of them at once.
result<void> forget_noted_states(mysql_link& link,
                                 const std::vector<table_name>& targets,
                                 const std::string& sync);

} // namespace motorcade
