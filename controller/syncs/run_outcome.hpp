#pragma once

#include "runtime/records/task_records.hpp"
#include "runtime/sync_records/sync_records.hpp"
#include "schema/base/result.hpp"

#include <string>
#include <string_view>

// Decides from the end of a task how the run of its sync ends, and what
// follows.
namespace motorcade {

/// @returns whether a start that was refused may be tried again at the next
/// step.
bool may_begin_later(ec code);

/// @returns what follows from a start that was refused.
follow_up follow_up_of(ec code);

/// @returns what follows from a task that failed.
/// @param rows Whether it has brought rows.
follow_up follow_up_of(std::string_view error, bool rows);

/// @returns what follows from a run that was PARTIAL. Its tries are counted on,
/// although it brought rows: rows of some streams do not show that the others
/// get any further. No try follows if only rejected rows are missing, since
/// they would be rejected again.
follow_up follow_up_of_part(std::string_view error);

/// @returns the text with the mark of a failure that only a change of the sync
/// mends.
std::string as_config_error(std::string text);

/// @returns the error of a run whose start was refused.
std::string describe_refusal(const failure& why);

/// @returns the rows and bytes that a read has brought, by its record. Of a
/// read whose sidecar did not tell its end, e.g. since it was killed, they are
/// those that it told last; nothing if these were 0.
run_figures figures_of(const task_record& task);

} // namespace motorcade
