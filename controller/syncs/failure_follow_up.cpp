#include "controller/syncs/failure_follow_up.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "controller/syncs/announcements.hpp"
#include "controller/syncs/sync_keeper.hpp"
#include "runtime/base/log.hpp"
#include "schema/base/counted.hpp"
#include "schema/task/rejected_rows.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// @returns whether the run counts among the failed ones after which a sync is
/// paused. A run that only lost rejected rows does not: pausing its sync would
/// keep out all other rows, too.
bool counts_as_failed(const sync_run& run) {
  return run.stage == run_stage::failed
         || (run.stage == run_stage::partial
             && !tells_rejected_rows(run.error));
}

/// @returns the reason of a pause after these runs, which all count as failed.
/// @param error That of the last one.
std::string reason_of_pause(const std::vector<sync_run>& runs,
                            const std::string& error) {
  const auto all_failed =
      std::all_of(runs.begin(), runs.end(), [](const sync_run& one) {
        return one.stage == run_stage::failed;
      });
  return counted(runs.size(), "run")
         + (all_failed ? " failed one after another"
                       : " one after another failed or brought only a part")
         + "; the last one: " + error;
}

/// Handles one run; handling it twice has no effect.
result<void> follow(sync_tables& rows, const sync_run& run,
                    const stored_sync& row, wall_time now) {
  // Only people start runs of a paused sync, and they see how the runs end.
  if (!row.paused.empty())
    return {};
  // The policy is no secret, so this also works if the row's key is gone.
  auto open = open_part_of(row);
  if (!open) {
    log::error("the row of sync {} cannot be read: {}", row.id,
               open.error().what);
    return {};
  }
  const auto& policy = open->retries;
  if (policy.pause_after > 0) {
    auto last = rows.records.runs(row.id, policy.pause_after + 1);
    if (!last)
      return last.error();
    // One may have been asked for since; how it ends is not known.
    if (!last->empty() && is_active(last->front().stage))
      last->erase(last->begin());
    if (last->size() > policy.pause_after)
      last->pop_back();
    if (last->size() >= policy.pause_after
        && std::all_of(last->begin(), last->end(), counts_as_failed)) {
      const auto reason = reason_of_pause(*last, run.error);
      log::warn("sync {} is paused: {}", row.id, reason);
      // This run is not tried again either, so that its failure is final.
      if (auto told = announce_failure(rows.messages, run, *open, now); !told)
        return told;
      if (auto told =
              announce_pause(rows.messages, row.id, run.id, reason, *open, now);
          !told)
        return told;
      auto paused = rows.records.pause(row.id, reason);
      return paused ? result<void>{} : paused.error();
    }
  }
  const auto tries = run.next == follow_up::retry_anew ? 1U : run.attempt;
  if (run.next == follow_up::count || tries > policy.delays.size())
    return announce_failure(rows.messages, run, *open, now);
  sync_run next;
  // The pause begins now, not at the stored end of the run: clocks may differ.
  next.due_at = now + policy.delays[tries - 1];
  // All processes that handle this failure make the same id.
  next.id = scheduled_run_id(row.id + "\nafter " + run.id, run.due_at);
  next.sync_id = row.id;
  next.trigger = "retry";
  next.attempt = tries + 1;
  auto added = rows.records.add_run(next);
  if (!added)
    return added.error();
  if (*added)
    log::info("sync {} is tried again at {}", row.id,
              to_iso8601_millis(next.due_at));
  return {};
}

} // namespace

result<void> follow_failures(sync_tables& rows, wall_time now) {
  auto failed = rows.records.open_follow_ups();
  if (!failed)
    return failed.error();
  for (const auto& run : *failed) {
    auto row = rows.records.find(run.sync_id);
    if (!row)
      return row.error();
    if (*row)
      if (auto done = follow(rows, run, **row, now); !done)
        return done;
    if (auto closed = rows.records.close_follow_up(run.id); !closed)
      return closed;
  }
  return {};
}

} // namespace motorcade
