#pragma once

#include "runtime/records/task_records.hpp"

#include <string>

namespace motorcade {

/// @returns the row as a JSON object; JSON columns as they stand, NULL as null.
/// Five members have the names of earlier versions, too: those of the columns.
std::string to_json(const task_record& row);

/// @returns the line as a JSON object without line ends: `id`, `level`,
/// `logger`, `message`, `timestamp`, and the cursor to go on from.
std::string to_json(const log_row& row);

/// @returns the state as a JSON object: `stream`, `value` (its JSON; null if
/// there is none, or if it is omitted), `state` (the same as a text, which no
/// reader of JSON changes), `omitted`, `timestamp`.
std::string to_json(const state_record& row);

/// @returns the cursor of what follows the line.
std::string cursor_of(const log_row& row);

} // namespace motorcade
