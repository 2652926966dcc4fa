#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/destination/postgres/postgres_link.hpp"
#include "runtime/destination/warehouse/sql_text.hpp"
#include "schema/state/state_note.hpp"

#include <span>
#include <string>
#include <vector>

namespace motorcade {

/// Notes that a transaction writes beside its rows, in the rows' own schema:
/// `_motorcade_commits` has each committed request that appended rows,
/// `_motorcade_states` the states that are true with the rows.
class postgres_notes {
public:
  /// @param request Must outlive the notes.
  postgres_notes(const upload_request& request, const std::string& schema);

  /// Makes the tables that are missing, and notes the request. To be called
  /// within the transaction.
  /// @param of_request The request appends rows, so that it must come once.
  /// @param of_states States may be noted.
  /// @returns whether the request was not committed before.
  result<bool> begin(postgres_link& link, bool of_request,
                     bool of_states) const;

  /// @returns the statements that note states, each with a semicolon behind it,
  /// so that they and the COMMIT are one message to the server.
  std::string statements_of(std::span<const state_note> states) const;

private:
  /// Makes the tables that are missing, one task at a time.
  result<void> make_tables(postgres_link& link, bool of_request,
                           bool of_states) const;

  /// Notes the request.
  /// @returns false if it was noted before.
  result<bool> note_request(postgres_link& link) const;

  const upload_request& request_;
  std::string commits_;
  std::string states_;
};

/// Waits for commits to the tables that are under way, as those of a sidecar
/// that was killed may be.
/// @returns the states that are noted for a sync in the schemas of the tables.
result<std::vector<state_note>>
find_noted_states(postgres_link& link, const std::vector<table_name>& targets,
                  const std::string& sync);

/// Forgets the states that are noted for a sync, and all notes of any sync that
/// are older than a month: no attempt is repeated after that.
result<void> forget_noted_states(postgres_link& link,
                                 const std::vector<table_name>& targets,
                                 const std::string& sync);

} // namespace motorcade
