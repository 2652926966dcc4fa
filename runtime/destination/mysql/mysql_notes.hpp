#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/destination/mysql/mysql_link.hpp"
#include "runtime/destination/warehouse/sql_text.hpp"

#include <string>

namespace motorcade {

/// The note that a request which appends rows was committed, in
/// `_motorcade_commits` of the rows' own database.
class mysql_notes {
public:
  /// @param database That of the rows.
  mysql_notes(const upload_request& request, const std::string& database);

  /// Makes the table of notes if it is missing, which commits.
  /// @returns whether the request was committed before.
  result<bool> has(mysql_link& link) const;

  /// Notes the request, as a part of the transaction that brings its rows, and
  /// forgets what is older than a month: no attempt is repeated after that.
  result<void> put(mysql_link& link) const;

private:
  table_name table_;
  bool is_first_;
  std::string sync_;
  std::string stream_;
  std::string unit_;
  std::string id_;
};

} // namespace motorcade
