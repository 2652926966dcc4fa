#pragma once

#include "runtime/database/sql_session.hpp"
#include "runtime/records/task_records.hpp"

namespace motorcade {

/// Looks for lines of a log, as `task_reader::find_lines`.
result<found_lines> find_lines(sql_session& session, const log_search& search);

} // namespace motorcade
