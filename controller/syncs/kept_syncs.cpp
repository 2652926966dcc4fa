#include "controller/syncs/kept_syncs.hpp"

#include "controller/syncs/kept_sync.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/sync/hidden_values.hpp"
#include "schema/sync/secret_recipients.hpp"

#include <algorithm>

namespace motorcade {

namespace {

failure no_such_sync(const std::string& id) {
  return {ec::not_found, "there is no sync " + excerpt(id)};
}

failure changed_meanwhile(const std::string& id) {
  return {ec::already_exists, "sync " + excerpt(id)
                                  + " was changed at the same moment; look at "
                                    "it and try again"};
}

/// @returns the row; not_found if there is none.
result<stored_sync> expect(sync_records& records, const std::string& id) {
  auto row = records.find(id);
  if (!row)
    return row.error();
  if (!*row)
    return no_such_sync(id);
  return std::move(**row);
}

/// @returns the active run; nothing if there is none.
result<std::optional<sync_run>> active_run(sync_records& records,
                                           const std::string& id) {
  auto last = records.runs(id, 1);
  if (!last)
    return last.error();
  if (last->empty() || !is_active(last->front().stage))
    return std::optional<sync_run>{};
  return std::optional{std::move(last->front())};
}

/// @returns why a secret that the change keeps would go to another recipient.
result<void> check_recipients(const sync_definition& changed,
                              const sync_definition& stored) {
  auto same = check_secret_recipients(changed, stored);
  if (!same)
    return failure{same.error().code, "the body's " + same.error().what};
  return {};
}

bool fits(const std::optional<stored_sync>& row,
          const sync_precondition& when) {
  return !(when.is_new && row)
         && (when.version.empty() || (row && row->version == when.version));
}

} // namespace

kept_syncs::kept_syncs(sync_store& store, sealing_keys keys, sync_tasks& tasks,
                       std::function<void()> poke)
    : store_{store},
      keys_{std::move(keys)},
      tasks_{tasks},
      poke_{std::move(poke)} {}

result<shown_sync> kept_syncs::show(stored_sync row, sync_records& records,
                                    sync_inputs& inputs) {
  shown_sync out;
  if (auto sync = open_sync(row, keys_)) {
    auto spec = inputs.spec(sync->package, sync->version);
    if (!spec)
      return spec.error();
    out.definition = show_sync(*sync, *spec);
  } else {
    out.trouble = sync.error().what;
  }
  auto last = records.runs(row.id, 1);
  if (!last)
    return last.error();
  if (!last->empty())
    out.last = std::move(last->front());
  out.row = std::move(row);
  return out;
}

result<std::vector<shown_sync>> kept_syncs::list(const std::string& after,
                                                 size_t limit) {
  return store_.use(
      [&](sync_records& records,
          sync_inputs& inputs) -> result<std::vector<shown_sync>> {
        auto rows = records.list(after, limit);
        if (!rows)
          return rows.error();
        std::vector<shown_sync> out;
        for (auto& row : *rows) {
          auto one = show(std::move(row), records, inputs);
          if (!one)
            return one.error();
          out.push_back(std::move(*one));
        }
        return out;
      });
}

result<shown_sync> kept_syncs::find(const std::string& id) {
  return store_.use(
      [&](sync_records& records, sync_inputs& inputs) -> result<shown_sync> {
        auto row = expect(records, id);
        if (!row)
          return row.error();
        return show(std::move(*row), records, inputs);
      });
}

result<sync_change> kept_syncs::put(const std::string& id,
                                    const std::string& body,
                                    const sync_precondition& when) {
  auto sync = parse_sync(body, id);
  if (!sync)
    return failure{sync.error().code, "the body's " + sync.error().what};
  return store_.use(
      [&](sync_records& records, sync_inputs& inputs) -> result<sync_change> {
        auto found = records.find(id);
        if (!found)
          return found.error();
        if (!fits(*found, when))
          return sync_change::precondition_failed;
        std::string config;
        std::string destination;
        if (*found) {
          // Without its key nothing can be put back; whole configs are taken.
          if (auto stored = open_sync(**found, keys_)) {
            if (auto same = check_recipients(*sync, *stored); !same)
              return same.error();
            config = stored->config;
            destination = stored->destination;
          }
        }
        auto spec = inputs.spec(sync->package, sync->version);
        if (!spec)
          return spec.error();
        auto restored = restore_secrets(sync->config, config, *spec);
        if (!restored)
          return failure{restored.error().code,
                         "the body's source.config." + restored.error().what};
        sync->config = std::move(*restored);
        if (!sync->destination.empty()) {
          restored = restore_secrets(sync->destination, destination, {});
          if (!restored)
            return failure{restored.error().code,
                           "the body's destination." + restored.error().what};
          sync->destination = std::move(*restored);
        }
        stored_sync row;
        row.id = id;
        row.open = write_open_part(*sync);
        row.secrets = seal_secrets(*sync, id, keys_);
        row.version = make_uuid();
        row.next_run_at = next_run_of(*sync, id, utc_now());
        if (!*found) {
          auto added = records.insert(row);
          if (!added)
            return added.error();
          return *added ? result<sync_change>{sync_change::created}
                        : changed_meanwhile(id);
        }
        row.paused = (*found)->paused;
        row.earlier_secrets = (*found)->earlier_secrets;
        // A schedule that stays keeps its next time, which may have come
        // already.
        if (auto before = read_parts((*found)->open, R"({"config":{}})", id);
            before && before->schedule == sync->schedule)
          row.next_run_at = (*found)->next_run_at;
        auto replaced = records.replace(row, (*found)->version);
        if (!replaced)
          return replaced.error();
        return *replaced ? result<sync_change>{sync_change::replaced}
                         : changed_meanwhile(id);
      });
}

result<sync_change> kept_syncs::erase(const std::string& id,
                                      const sync_precondition& when) {
  return store_.use(
      [&](sync_records& records, sync_inputs&) -> result<sync_change> {
        auto row = expect(records, id);
        if (!row)
          return row.error();
        if (!fits(*row, when))
          return sync_change::precondition_failed;
        auto gone = records.erase(id, row->version);
        if (!gone)
          return gone.error();
        return *gone ? result<sync_change>{sync_change::deleted}
                     : changed_meanwhile(id);
      });
}

result<std::string> kept_syncs::run(const std::string& id) {
  auto out = store_.use([&](sync_records& records,
                            sync_inputs&) -> result<std::string> {
    auto row = expect(records, id);
    if (!row)
      return row.error();
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
    auto active = active_run(records, id);
    if (!active)
      return active.error();
    if (!*active)
      return changed_meanwhile(id);
    // Nobody waits any longer for a try that is asked for now.
    return failure{ec::already_exists,
                   "sync " + excerpt(id) + " has a run already, "
                       + (*active)->id + ", which is "
                       + std::string{to_string((*active)->stage)}
                       + ((*active)->stage == run_stage::waiting
                              ? " until " + to_iso8601_millis((*active)->due_at)
                              : "")
                       + "; cancel it to begin another"};
  });
  if (out)
    poke_();
  return out;
}

result<sync_run> kept_syncs::find_run(const std::string& run_id) {
  return store_.use(
      [&](sync_records& records, sync_inputs&) -> result<sync_run> {
        auto found = records.find_run(run_id);
        if (!found)
          return found.error();
        if (!*found)
          return failure{ec::not_found, "the run is gone"};
        return std::move(**found);
      });
}

result<std::string> kept_syncs::cancel(const std::string& id) {
  auto run =
      store_.use([&](sync_records& records, sync_inputs&) -> result<sync_run> {
        auto row = expect(records, id);
        if (!row)
          return row.error();
        auto active = active_run(records, id);
        if (!active)
          return active.error();
        if (!*active)
          return failure{ec::not_found,
                         "sync " + excerpt(id) + " has no run to cancel"};
        if ((*active)->stage != run_stage::reading) {
          auto stored = records.put_stage((*active)->id, run_stage::cancelled,
                                          "cancelled before it began to read");
          if (!stored)
            return stored.error();
        }
        return std::move(**active);
      });
  if (!run)
    return run.error();
  // Its task may have begun at this very moment, even if the run said that it
  // waits.
  if (auto ended = tasks_.cancel({id, run->id});
      !ended
      && !(run->stage != run_stage::reading
           && ended.error().code == ec::not_found))
    return ended.error();
  return run->id;
}

result<void> kept_syncs::pause(const std::string& id,
                               const std::string& reason) {
  return store_.use([&](sync_records& records, sync_inputs&) -> result<void> {
    auto row = expect(records, id);
    if (!row)
      return row.error();
    auto paused = records.pause(id, reason);
    return paused ? result<void>{} : paused.error();
  });
}

result<void> kept_syncs::resume(const std::string& id) {
  return store_.use([&](sync_records& records, sync_inputs&) -> result<void> {
    auto row = expect(records, id);
    if (!row)
      return row.error();
    if (row->paused.empty())
      return {};
    row->paused.clear();
    const auto seen = row->version;
    row->version = make_uuid();
    // From now on: what was missed while it was paused is not made up for.
    if (auto open = read_parts(row->open, R"({"config":{}})", id))
      row->next_run_at = next_run_of(*open, id, utc_now());
    auto replaced = records.replace(*row, seen);
    if (!replaced)
      return replaced.error();
    return *replaced ? result<void>{} : changed_meanwhile(id);
  });
}

result<std::vector<std::string>> kept_syncs::reset(const std::string& id,
                                                   const std::string& stream) {
  return store_.use(
      [&](sync_records& records,
          sync_inputs& inputs) -> result<std::vector<std::string>> {
        auto row = expect(records, id);
        if (!row)
          return row.error();
        auto active = active_run(records, id);
        if (!active)
          return active.error();
        // Its connector would save them again.
        if (*active)
          return failure{ec::already_exists,
                         "sync " + excerpt(id) + " has the run " + (*active)->id
                             + " under way; cancel it, or wait for its end"};
        auto gone = inputs.forget_states(id, stream);
        if (gone && gone->empty() && !stream.empty())
          return failure{ec::not_found, "sync " + excerpt(id)
                                            + " has no state of the stream "
                                            + excerpt(stream)};
        return gone;
      });
}

result<std::vector<sync_run>> kept_syncs::runs(const std::string& id,
                                               size_t limit) {
  return store_.use([&](sync_records& records,
                        sync_inputs&) -> result<std::vector<sync_run>> {
    auto row = expect(records, id);
    if (!row)
      return row.error();
    return records.runs(id, limit);
  });
}

} // namespace motorcade
