#include "controller/syncs/kept_rows.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "controller/syncs/sync_specs.hpp"
#include "schema/base/excerpt.hpp"

#include <utility>

namespace motorcade {

namespace {

/// @returns whether another run waits for the spec of the same connector.
result<bool> is_awaited(sync_records& records, const sync_run& run,
                        const sync_definition& sync) {
  auto active = records.active_runs();
  if (!active)
    return active.error();
  for (const auto& other : *active) {
    if (other.id == run.id || other.stage != run_stage::waiting
        || other.due_at > utc_now())
      continue;
    auto row = records.find(other.sync_id);
    if (!row)
      return row.error();
    if (!*row)
      continue;
    const auto open = open_part_of(**row);
    if (open && open->package == sync.package && open->version == sync.version)
      return true;
  }
  return false;
}

} // namespace

failure changed_meanwhile(const std::string& id) {
  return {ec::already_exists, "sync " + excerpt(id)
                                  + " was changed at the same moment; look at "
                                    "it and try again"};
}

result<stored_sync> expect_sync(sync_records& records, const std::string& id) {
  auto row = records.find(id);
  if (!row)
    return row.error();
  if (!*row)
    return failure{ec::not_found, "there is no sync " + excerpt(id)};
  return std::move(**row);
}

result<std::optional<sync_run>> active_run(sync_records& records,
                                           const std::string& id) {
  auto last = records.runs(id, 1);
  if (!last)
    return last.error();
  if (last->empty() || !is_active(last->front().stage))
    return std::optional<sync_run>{};
  return std::optional{std::move(last->front())};
}

result<std::optional<sync_run>> expect_active_run(sync_records& records,
                                                  const std::string& id) {
  if (auto row = expect_sync(records, id); !row)
    return row.error();
  return active_run(records, id);
}

result<std::vector<task_key>> inquiries_of(sync_records& records,
                                           const sealing_keys& keys,
                                           const stored_sync& row,
                                           const sync_run& run) {
  std::vector<task_key> out;
  // Without the key it has asked for nothing.
  const auto sync = open_sync(row, keys);
  if (!sync)
    return out;
  out.push_back(
      {row.id, inquiry_id(discover_task(*sync, row.id, keys, run.created_at))});
  if (run.stage != run_stage::waiting)
    return out;
  auto awaited = is_awaited(records, run, *sync);
  if (!awaited)
    return awaited.error();
  if (!*awaited)
    out.push_back({"", inquiry_id(spec_task(*sync, run.created_at))});
  return out;
}

} // namespace motorcade
