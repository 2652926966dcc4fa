#include "controller/syncs/run_reading.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "runtime/base/log.hpp"
#include "schema/base/excerpt.hpp"

namespace motorcade {

namespace {

/// Adds a warning to the log of a run.
/// @param about Tells it apart from others of the run.
result<void> warn(sync_tables& rows, const sync_run& run,
                  const std::string& about, const std::string& text,
                  wall_time now) {
  if (auto noted = rows.notes.add({stable_id(run.id + '\n' + about),
                                   run.sync_id, run.id, "WARN", text, now});
      !noted)
    return noted;
  // A run that waits comes here at each step.
  if (run.stage != run_stage::waiting || run.error.empty())
    log::warn("run {} of sync {}: {}", run.id, run.sync_id, text);
  return {};
}

} // namespace

result<run_catalog> catalog_of(const watched_schema& watched,
                               const std::string& discovered) {
  if (!watched.unknown.empty())
    return failure{ec::invalid_argument,
                   describe_unknown_streams(watched.unknown, discovered)};
  if (watched.none_left)
    return failure{ec::invalid_argument,
                   describe_gone_streams(watched.gone, discovered)};
  return make_run_catalog(watched.catalog, watched.sync);
}

result<void> note_reading(sync_tables& rows, const sync_run& run,
                          const std::vector<std::string>& gone,
                          const watched_schema& watched, wall_time now) {
  for (const auto& stream : gone)
    if (auto noted = warn(rows, run, "gone " + stream,
                          "the stream " + stream
                              + " is no longer in the source; it is not read",
                          now);
        !noted)
      return noted;
  for (const auto& [stream, column] : watched.gone_columns)
    if (auto noted =
            warn(rows, run, "gone " + stream + '\n' + column,
                 "the column " + excerpt(column) + " of the stream " + stream
                     + " is no longer in the source; it is not read",
                 now);
        !noted)
      return noted;
  if (!watched.unaccepted)
    return {};
  return warn(rows, run, "unaccepted",
              "the source's schema has changed, which paused the sync: this "
              "run reads streams and columns as they were before. To resume "
              "the sync is to accept the change",
              now);
}

} // namespace motorcade
