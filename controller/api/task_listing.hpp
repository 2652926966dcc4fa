#pragma once

#include "runtime/records/task_records.hpp"
#include "runtime/task/task_request.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// @returns a spec, check or discover that runs, as a list of tasks shows it.
task_record to_running_record(const task_request& inquiry);

/// @returns whether a task is one of those that the filter wants, its place in
/// the list included.
bool fits(const task_record& row, const task_filter& filter);

/// Puts one page of tasks together: reads as `source_task` has them, and specs,
/// checks and discovers as the registry and their tables have them. A
/// running inquiry replaces its earlier answer in the list.
/// @param tasks As `task_records::list` returned them for `filter`.
/// @param stored As `task_records::list_inquiries` returned them for `filter`
/// with a limit that is larger by the number of `running`.
/// @param running All that run.
/// @returns at most `filter.limit`, in the order of `task_records::list`; each
/// is on exactly one of the pages that follow each other.
std::vector<task_record> merge_tasks(std::vector<task_record> tasks,
                                     std::vector<task_record> stored,
                                     const std::vector<task_request>& running,
                                     const task_filter& filter);

} // namespace motorcade
