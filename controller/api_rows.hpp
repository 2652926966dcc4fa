#pragma once

#include "runtime/task_records.hpp"

#include <string>

namespace motorcade {

/// @returns the row as a JSON object, its members named as the columns; JSON
/// columns as they stand, NULL as null.
std::string to_json(const task_record& row);

/// @returns the line as a JSON object without line ends: `id`, `level`,
/// `logger`, `message`, `timestamp`, and the cursor to go on from.
std::string to_json(const log_row& row);

/// @returns the cursor of what follows the line.
std::string cursor_of(const log_row& row);

} // namespace motorcade
