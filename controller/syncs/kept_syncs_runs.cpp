#include "controller/syncs/kept_rows.hpp"
#include "controller/syncs/kept_syncs.hpp"
#include "runtime/task/end_wait.hpp"
#include "schema/base/excerpt.hpp"

#include <utility>

namespace motorcade {

namespace {

/// @returns the reason for which no other run may begin.
std::string describe_active(const sync_run& run, wall_time now) {
  auto out = "sync " + excerpt(run.sync_id) + " has a run already, " + run.id
             + ", which is " + std::string{to_string(run.stage)};
  if (run.stage == run_stage::waiting) {
    // Its time may have come while something else keeps it from beginning.
    if (run.due_at > now)
      out += " until " + to_iso8601_millis(run.due_at);
    else
      out += run.error.empty() ? " and about to begin"
                               : " since it cannot begin yet: " + run.error;
  }
  return out + "; cancel it to begin another";
}

} // namespace

result<std::string> kept_syncs::run(const std::string& id) {
  const end_wait patience;
  for (;;) {
    std::optional<sync_run> active;
    auto out = add_run(id, active);
    if (out)
      poke_();
    if (out || !active)
      return out;
    auto reading = find_reading(id);
    if (!reading)
      return reading.error();
    if (active->stage != run_stage::reading || !reading->empty())
      return failure{ec::already_exists, describe_active(*active, utc_now())};
    // The next step of the thread that runs syncs stores the end.
    poke_();
    if (!patience.pause())
      return failure{ec::already_exists,
                     "the run " + active->id + " of sync " + excerpt(id)
                         + " is over, and its end is about to be stored; try "
                           "again in a second"};
  }
}

result<std::string> kept_syncs::add_run(const std::string& id,
                                        std::optional<sync_run>& active) {
  return store_.use(
      [&](sync_records& records, sync_inputs&) -> result<std::string> {
        auto row = expect_sync(records, id);
        if (!row)
          return row.error();
        // A further try that waits for its time begins now.
        auto hastened = records.hasten_retry(id, "manual", utc_now());
        if (!hastened)
          return hastened.error();
        if (*hastened)
          return std::move(**hastened);
        sync_run run;
        run.id = make_uuid();
        run.sync_id = id;
        run.trigger = "manual";
        run.due_at = utc_now();
        auto added = records.add_run(run);
        if (!added)
          return added.error();
        if (*added)
          return run.id;
        auto found = active_run(records, id);
        if (!found)
          return found.error();
        active = std::move(*found);
        return changed_meanwhile(id);
      });
}

result<std::string> kept_syncs::find_reading(const std::string& id) {
  auto active = store_.use([&](sync_records& records, sync_inputs&) {
    return expect_active_run(records, id);
  });
  if (!active)
    return active.error();
  if (!*active)
    return std::string{};
  auto task = tasks_.find((*active)->id);
  if (!task)
    return task.error();
  const auto reads = *task && (*task)->status == task_status::running;
  return reads ? (*active)->id : std::string{};
}

result<sync_run> kept_syncs::find_run(const std::string& run_id) {
  return store_.use_rows([&](sync_tables& tables) -> result<sync_run> {
    auto found = tables.records.find_run(run_id);
    if (!found)
      return found.error();
    if (!*found)
      return failure{ec::not_found, "the run is gone"};
    return std::move(**found);
  });
}

result<std::string> kept_syncs::cancel(const std::string& id) {
  std::vector<task_key> asked;
  auto run =
      store_.use([&](sync_records& records, sync_inputs&) -> result<sync_run> {
        auto row = expect_sync(records, id);
        if (!row)
          return row.error();
        auto active = active_run(records, id);
        if (!active)
          return active.error();
        if (!*active)
          return failure{ec::not_found,
                         "sync " + excerpt(id) + " has no run to cancel"};
        if ((*active)->stage != run_stage::reading) {
          auto inquiries = inquiries_of(records, keys_, *row, **active);
          if (!inquiries)
            return inquiries.error();
          asked = std::move(*inquiries);
          auto stored = records.put_stage((*active)->id, run_stage::cancelled,
                                          "cancelled before it began to read");
          if (!stored)
            return stored.error();
        }
        return std::move(**active);
      });
  if (!run)
    return run.error();
  // Its task may have begun at this moment, though the run says WAITING.
  if (auto ended = tasks_.cancel({id, run->id});
      !ended
      && !(run->stage != run_stage::reading
           && ended.error().code == ec::not_found))
    return ended.error();
  for (const auto& one : asked)
    if (auto ended = tasks_.cancel(one);
        !ended && ended.error().code != ec::not_found)
      return ended.error();
  return run->id;
}

result<void> kept_syncs::expect_no_states_to_come(const std::string& id) {
  const end_wait patience;
  for (;;) {
    auto reading = find_reading(id);
    if (!reading)
      return reading.error();
    if (!reading->empty())
      return failure{ec::already_exists,
                     "sync " + excerpt(id) + " has the run " + *reading
                         + " under way; cancel it, or wait for its end"};
    auto saving = tasks_.find_saving(id);
    if (!saving)
      return saving.error();
    if (saving->empty())
      return {};
    if (!patience.pause())
      return failure{ec::already_exists,
                     "the read " + *saving + " of sync " + excerpt(id)
                         + " is being ended, and may still save states; "
                           "try again in some seconds"};
  }
}

result<std::vector<std::string>> kept_syncs::reset(const std::string& id,
                                                   const std::string& stream) {
  if (auto ok = expect_no_states_to_come(id); !ok)
    return ok.error();
  auto out = store_.use([&](sync_records&, sync_inputs& inputs) {
    return inputs.forget_states(id, stream);
  });
  if (!out)
    return out.error();
  // A task is noted before it looks for states, that of another replica by its
  // row: one that is not there by now finds none.
  auto began = tasks_.find_saving(id);
  if (!began)
    return began.error();
  if (began->empty())
    began = find_reading(id);
  if (!began)
    return began.error();
  if (!began->empty())
    return failure{ec::already_exists,
                   "the read " + *began + " of sync " + excerpt(id)
                       + " began at this moment, maybe from the states that "
                         "were just forgotten, and will save them again; "
                         "cancel it, or wait for its end, and reset once more"};
  if (out->empty() && !stream.empty())
    return failure{ec::not_found, "sync " + excerpt(id)
                                      + " has no state of the stream "
                                      + excerpt(stream)};
  return out;
}

result<std::vector<sync_run>> kept_syncs::runs(const run_filter& filter) {
  return store_.use_rows(
      [&](sync_tables& tables) -> result<std::vector<sync_run>> {
        auto row = expect_sync(tables.records, filter.sync_id);
        if (!row)
          return row.error();
        return tables.history.runs(filter);
      });
}

} // namespace motorcade
