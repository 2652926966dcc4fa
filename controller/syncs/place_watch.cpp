#include "controller/syncs/place_watch.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "runtime/base/log.hpp"

namespace motorcade {

namespace {

std::string describe(const covered_place& before, const covered_place& now) {
  return (before.place.empty()
              ? before.shown
              : "source or destination changed since the states were saved, "
                "from "
                    + before.shown + " to " + now.shown)
         + ": the saved states are forgotten, and every stream is read from "
           "its start";
}

} // namespace

covered_place place_of(const run_place& place, const std::string& package) {
  return {place.digest + ' ' + package, package + " into " + place.shown, ""};
}

result<bool> goes_elsewhere(sync_tables& rows, sync_tasks& tasks,
                            const sync_run& run, const std::string& package,
                            const run_place& place, wall_time now) {
  const auto here = place_of(place, package);
  auto noted = rows.places.find(run.sync_id);
  if (!noted)
    return noted.error();
  if (!*noted) {
    auto put = rows.places.put(run.sync_id, here);
    return put ? result<bool>{false} : put.error();
  }
  const auto moved = (*noted)->place != here.place;
  if (!moved && (*noted)->first_run != run.id)
    return false;
  // A task that has begun saves states for the place that it was given.
  auto begun = tasks.find(run.id);
  if (!begun)
    return begun.error();
  if (*begun)
    return true;
  auto gone = rows.inputs.forget_states(run.sync_id, "");
  if (!gone)
    return gone.error();
  if (!moved)
    return true;
  const auto text = describe(**noted, here);
  if (auto said = rows.notes.add({stable_id(run.id + "\nplace " + here.place),
                                  run.sync_id, run.id, "WARN", text, now});
      !said)
    return said.error();
  log::warn("run {} of sync {}: {}", run.id, run.sync_id, text);
  auto put = rows.places.put(run.sync_id, {here.place, here.shown, run.id});
  return put ? result<bool>{true} : put.error();
}

} // namespace motorcade
