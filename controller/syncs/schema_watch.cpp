#include "controller/syncs/schema_watch.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "controller/syncs/announcements.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

known_schema to_known(const schema_row& row) {
  known_schema out{row.seen, row.followed, {}, row.selection};
  const auto baseline = nlohmann::json::parse(row.baseline, nullptr, false);
  if (baseline.is_array())
    for (const auto& one : baseline)
      if (one.is_string())
        out.baseline.push_back(one.get<std::string>());
  return out;
}

schema_row to_row(const known_schema& known) {
  return {known.seen, known.followed, nlohmann::json(known.baseline).dump(),
          known.selection};
}

/// @returns the id of a change, the same in every process that finds it.
std::string change_id_of(const std::string& sync_id, const schema_row& before,
                         const std::string& discovered) {
  return stable_id("change of " + sync_id + '\n' + sha256_hex(before.seen)
                   + '\n' + sha256_hex(discovered) + '\n' + before.seen_at);
}

/// @returns the sync's change that still has to pause it; nothing: there is
/// none.
result<std::optional<change_row>> open_pause_of(sync_tables& rows,
                                                const std::string& id) {
  auto open = rows.schemas.open_pauses();
  if (!open)
    return open.error();
  for (auto& one : *open)
    if (one.sync_id == id)
      return std::optional{std::move(one)};
  return std::optional<change_row>{};
}

std::string reason_of(const change_row& change) {
  return "the source's schema changed: " + change.summary;
}

} // namespace

result<watched_schema> watch_schema(sync_tables& rows, const std::string& id,
                                    const sync_definition& sync,
                                    const std::string& discovered,
                                    bool is_paused, wall_time now) {
  auto before = rows.schemas.find(id);
  if (!before)
    return before.error();
  auto step =
      follow_schema(*before ? std::optional{to_known(**before)} : std::nullopt,
                    discovered, sync, is_paused);
  if (!step.diff.empty()) {
    change_row change;
    change.id = change_id_of(id, **before, discovered);
    change.sync_id = id;
    change.changes = write_diff(step.diff);
    change.action = to_string(sync.schema_changes.policy);
    change.pauses =
        step.matters && sync.schema_changes.policy == schema_policy::pause;
    change.summary = describe_diff(step.diff);
    // Added before the known schema is stored: after a crash in between the
    // same change is added again, which has no effect.
    if (auto added = rows.schemas.add_change(change); !added)
      return added.error();
    if (auto told = announce_change(rows.messages, change, sync, now); !told)
      return told.error();
    log::warn("sync {}: the schema of its source changed ({}): {}", id,
              change.action, change.summary);
  }
  const auto next = to_row(step.next);
  if (!*before || next.seen != (*before)->seen
      || next.followed != (*before)->followed
      || next.baseline != (*before)->baseline
      || next.selection != (*before)->selection)
    if (auto stored = rows.schemas.put(id, next); !stored)
      return stored.error();
  auto pause = open_pause_of(rows, id);
  if (!pause)
    return pause.error();
  if (*pause) {
    watched_schema paused;
    paused.pause = reason_of(**pause);
    return paused;
  }
  return watched_schema{{},
                        std::move(step.unknown),
                        step.none_left,
                        std::move(step.gone),
                        std::move(step.gone_columns),
                        step.unaccepted,
                        std::move(step.catalog),
                        std::move(step.sync)};
}

result<void> accept_schema(sync_tables& rows, const std::string& id) {
  auto known = rows.schemas.find(id);
  if (!known)
    return known.error();
  if (!*known || (*known)->followed.empty())
    return {};
  (*known)->followed.clear();
  return rows.schemas.put(id, **known);
}

result<void> pause_for_change(sync_tables& rows, const change_row& change,
                              const sync_definition& open, wall_time now) {
  const auto reason = reason_of(change);
  log::warn("sync {} is paused: {}", change.sync_id, reason);
  if (auto told = announce_pause(rows.messages, change.sync_id, change.id,
                                 reason, open, now);
      !told)
    return told;
  if (auto paused = rows.records.pause(change.sync_id, reason); !paused)
    return paused.error();
  return rows.schemas.close_pause(change.id);
}

result<void> pause_for_changes(sync_tables& rows, wall_time now) {
  auto open = rows.schemas.open_pauses();
  if (!open)
    return open.error();
  for (const auto& change : *open) {
    auto row = rows.records.find(change.sync_id);
    if (!row)
      return row.error();
    if (!*row) {
      if (auto closed = rows.schemas.close_pause(change.id); !closed)
        return closed;
      continue;
    }
    auto sync = open_part_of(**row);
    if (!sync) {
      log::error("the row of sync {} cannot be read: {}", change.sync_id,
                 sync.error().what);
      continue;
    }
    if (auto done = pause_for_change(rows, change, *sync, now); !done)
      return done;
  }
  return {};
}

} // namespace motorcade
