#pragma once

#include "runtime/database/database.hpp"
#include "runtime/database/sql_session.hpp"

namespace motorcade {

/// @returns as `database::has_ended`.
result<bool> has_ended(sql_session& session, const result_row& row);

} // namespace motorcade
