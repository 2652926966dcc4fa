#pragma once

#include "controller/api/controller_service.hpp"
#include "runtime/http/server/http_server.hpp"

#include <string>

namespace motorcade {

/// @returns the line as it stands in a downloaded file: time, level, logger and
/// message, with a line end. Further lines of a message are indented, so that
/// none of them looks like the beginning of another line.
std::string to_text(const log_row& row);

/// @returns a name for the file of a task's log, of letters, digits, `.`, `_`
/// and `-` alone.
std::string log_file_name(const std::string& task_id);

/// Writes a whole log, a page at a time. If the service fails in between, the
/// last line says so.
void write_log_text(controller_service& service, const std::string& log_id,
                    http_stream& to);

} // namespace motorcade
