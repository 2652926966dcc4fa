#pragma once

#include "runtime/destination/tables/table_builder.hpp"
#include "schema/base/result.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// Finds out before a commit whether a request's own table still holds every
/// row that was sent to it. Between two connections a server may lose some
/// without a word: an UNLOGGED table is empty after a crash of Postgres, and
/// the last commits may be gone if the server does not sync each of them, or if
/// a replica took over.
/// @param found What `count(*)` says.
/// @param table Its name, for a person.
/// @returns destination_unavailable unless that is the number of rows that
/// `sent` has made.
result<void> check_staged_rows(const table_builder& sent,
                               std::string_view found,
                               const std::string& table);

} // namespace motorcade
