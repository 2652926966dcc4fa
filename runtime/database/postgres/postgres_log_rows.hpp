#pragma once

#include "runtime/database/database.hpp"
#include "runtime/database/postgres/postgres_connection.hpp"

#include <span>
#include <string>

namespace motorcade {

// The two ways of a batch of lines into `task_log`, each one transaction. Both
// throw what libpqxx throws. Bytes that are not UTF-8 are stored as U+FFFD.

/// Appends lines by COPY, which is refused (SQLSTATE 23505) if one of them is
/// there already.
void copy_logs(postgres_connection& connection, const std::string& sync_id,
               const std::string& task_id, std::span<const log_row> rows);

/// Inserts those of the lines that are not there already.
void insert_logs(postgres_connection& connection, const std::string& sync_id,
                 const std::string& task_id, std::span<const log_row> rows);

} // namespace motorcade
