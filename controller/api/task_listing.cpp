#include "controller/api/task_listing.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace motorcade {

namespace {

std::pair<wall_time, std::string_view> place_of(const task_record& row) {
  return {row.started_at, row.task_id};
}

bool is_newer(const task_record& a, const task_record& b) {
  return place_of(a) > place_of(b);
}

/// @returns whether there may be rows behind the last of them.
bool may_go_on(const std::vector<task_record>& tasks, size_t limit) {
  size_t bytes = 0;
  for (const auto& row : tasks)
    bytes += row.started_by.size() + row.description.size() + row.metrics.size()
             + row.error.size();
  return !tasks.empty() && (tasks.size() >= limit || bytes > page_bytes);
}

} // namespace

bool fits(const task_record& row, const task_filter& filter) {
  auto has = [](const auto& wanted, const auto& value) {
    return wanted.empty() || wanted == value;
  };
  auto status =
      filter.statuses.empty()
      || std::count(filter.statuses.begin(), filter.statuses.end(), row.status)
             > 0;
  auto before = !filter.before
                || place_of(row) < std::pair{
                       *filter.before, std::string_view{filter.before_task_id}};
  const auto& kinds = filter.commands;
  const auto kind =
      kinds.empty() || std::count(kinds.begin(), kinds.end(), row.command) > 0;
  const auto within = (!filter.from || row.started_at >= *filter.from)
                      && (!filter.to || row.started_at < *filter.to);
  return status && before && kind && within && has(filter.sync_id, row.sync_id)
         && has(filter.package, row.package);
}

task_record to_running_record(const task_request& inquiry) {
  task_record out;
  out.command = inquiry.command;
  out.task_id = inquiry_id(inquiry);
  out.log_id = log_task_id(inquiry);
  out.sync_id = inquiry.sync_id;
  out.storage_key = inquiry.storage_key;
  out.package = inquiry.package;
  out.version = inquiry.version;
  out.started_at = out.updated_at = inquiry.started_at;
  out.started_by = inquiry.started_by;
  return out;
}

std::vector<task_record> merge_tasks(std::vector<task_record> tasks,
                                     std::vector<task_record> stored,
                                     const std::vector<task_request>& running,
                                     const task_filter& filter) {
  std::set<std::string> run;
  std::vector<task_record> inquiries;
  for (const auto& one : running) {
    auto record = to_running_record(one);
    run.insert(record.task_id);
    if (fits(record, filter))
      inquiries.push_back(std::move(record));
  }
  std::copy_if(std::make_move_iterator(stored.begin()),
               std::make_move_iterator(stored.end()),
               std::back_inserter(inquiries),
               [&run](const auto& row) { return !run.contains(row.task_id); });
  // Inquiries that are older than the last task of a full page belong to a
  // later page.
  if (may_go_on(tasks, filter.limit))
    std::erase_if(inquiries, [&last = tasks.back()](const auto& row) {
      return is_newer(last, row);
    });
  tasks.insert(tasks.end(), std::make_move_iterator(inquiries.begin()),
               std::make_move_iterator(inquiries.end()));
  std::sort(tasks.begin(), tasks.end(), is_newer);
  if (tasks.size() > filter.limit)
    tasks.resize(filter.limit);
  return tasks;
}

} // namespace motorcade
