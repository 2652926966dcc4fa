#include "controller/syncs/kept_syncs.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "controller/definitions/sent_sync.hpp"
#include "controller/syncs/announcements.hpp"
#include "controller/syncs/change_notes.hpp"
#include "controller/syncs/kept_rows.hpp"
#include "controller/syncs/message_sender.hpp"
#include "controller/syncs/schema_watch.hpp"
#include "controller/syncs/sync_specs.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/sync/hidden_values.hpp"
#include "schema/sync/sync_id.hpp"

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

namespace motorcade {

namespace {

/// @returns already_exists if a file defines the sync.
/// @param to_delete It is to be deleted, which it may be once its file is gone.
result<void> check_changeable(sync_tables& rows, const std::string& id,
                              bool to_delete) {
  auto by_file = rows.files.standing(id);
  if (!by_file)
    return by_file.error();
  const auto what = "sync " + excerpt(id)
                    + " is defined by a file of SYNCCTL_SYNCS_DIR or by the "
                      "list of REPOSITORY_BASE_URL";
  if (*by_file == file_standing::defines)
    return failure{ec::already_exists, what + "; change it there"};
  if (*by_file == file_standing::gone && !to_delete)
    return failure{ec::already_exists,
                   what
                       + ", where it is gone; put it back there, or delete the "
                         "sync before you make it anew"};
  return {};
}

/// Threads that are waited for at the end.
struct joined_threads {
  ~joined_threads() { join(); }

  void join() {
    for (auto& one : all)
      one.join();
    all.clear();
  }

  std::vector<std::thread> all;
};

/// The rows that decide whether a PUT may be stored, as they were read before.
struct seen_before_put {
  std::optional<stored_sync> row;
  std::vector<std::string> specs;
};

bool fits(const std::optional<stored_sync>& row,
          const sync_precondition& when) {
  return !(when.is_new && row) && !(when.is_there && !row)
         && (when.version.empty() || (row && row->version == when.version));
}

} // namespace

kept_syncs::kept_syncs(sync_store& store, sealing_keys keys, sync_tasks& tasks,
                       const webhook_sender& webhooks,
                       std::function<void()> poke)
    : store_{store},
      keys_{std::move(keys)},
      tasks_{tasks},
      webhooks_{webhooks},
      poke_{std::move(poke)} {}

result<std::vector<kept_syncs::opened_sync>>
kept_syncs::open_all(std::vector<stored_sync> rows, sync_tables& tables,
                     size_t runs, bool is_list) const {
  std::vector<std::string> ids;
  ids.reserve(rows.size());
  for (const auto& row : rows)
    ids.push_back(row.id);
  auto newest = tables.history.newest(ids, std::max<size_t>(runs, 1));
  if (!newest)
    return newest.error();
  auto ended = tables.history.last_ended(*newest);
  if (!ended)
    return ended.error();
  auto by_file = tables.files.among(ids);
  if (!by_file)
    return by_file.error();
  // Many syncs have the same connector.
  std::map<std::pair<std::string, std::string>,
           std::shared_ptr<const known_spec>>
      specs;
  std::vector<opened_sync> out;
  out.reserve(rows.size());
  const auto managers = manager();
  for (auto& row : rows) {
    auto& opened = out.emplace_back();
    auto& one = opened.shown;
    if (is_list && row.secrets.empty() && open_part_of(row)) {
      one.cut = true;
    } else if (auto sync = open_sync(row, keys_)) {
      auto& spec = specs[{sync->package, sync->version}];
      if (!spec) {
        auto found = know_spec(tables.inputs, *sync);
        if (!found)
          return found.error();
        spec = std::make_shared<const known_spec>(std::move(*found));
      }
      opened.spec = spec;
      opened.sync = std::move(*sync);
    } else {
      one.trouble = sync.error().what;
    }
    if (auto of_sync = newest->find(row.id); of_sync != newest->end())
      one.runs = std::move(of_sync->second);
    if (auto of_sync = ended->find(row.id); of_sync != ended->end())
      one.last_ended = std::move(of_sync->second);
    if (const auto standing = by_file->find(row.id);
        standing != by_file->end()) {
      one.managed_by = managers;
      one.file_gone = standing->second == file_standing::gone;
    }
    one.row = std::move(row);
  }
  return out;
}

shown_sync kept_syncs::show(opened_sync opened) const {
  auto& out = opened.shown;
  if (out.cut) {
    out.definition = show_open_part(out.row.open);
  } else if (opened.sync) {
    const auto& sync = *opened.sync;
    out.definition = show_sync(sync, opened.spec->spec);
    if (has_hidden_value(hide_all(sync.config)))
      out.config_hidden = opened.spec->missing;
    out.catalog_key = discover_key_of(sync, out.row.id, keys_);
  }
  return std::move(out);
}

result<sync_list> kept_syncs::list(const sync_filter& filter, size_t runs,
                                   bool counted) {
  sync_list out;
  auto opened = store_.use_rows(
      [&](sync_tables& tables) -> result<std::vector<opened_sync>> {
        auto rows = tables.history.syncs(filter);
        if (!rows)
          return rows.error();
        if (counted) {
          auto counts = tables.history.counts();
          if (!counts)
            return counts.error();
          out.counts = *counts;
        }
        return open_all(std::move(*rows), tables, runs, true);
      });
  if (!opened)
    return opened.error();
  out.syncs.reserve(opened->size());
  for (auto& one : *opened)
    out.syncs.push_back(show(std::move(one)));
  return out;
}

result<shown_sync> kept_syncs::find(const std::string& id) {
  auto opened = store_.use_rows(
      [&](sync_tables& tables) -> result<std::vector<opened_sync>> {
        auto row = expect_sync(tables.records, id);
        if (!row)
          return row.error();
        std::vector<stored_sync> rows;
        rows.push_back(std::move(*row));
        return open_all(std::move(rows), tables, 1, false);
      });
  if (!opened)
    return opened.error();
  return show(std::move(opened->front()));
}

result<bool> kept_syncs::has(const std::string& id) {
  return store_.use_rows([&](sync_tables& tables) -> result<bool> {
    auto row = tables.records.find(id);
    return row ? result<bool>{row->has_value()} : row.error();
  });
}

result<put_outcome> kept_syncs::put(const std::string& id,
                                    const std::string& body,
                                    const sync_precondition& when) {
  if (const auto fault = fault_of_sync_id(id); !fault.empty())
    return failure{ec::invalid_argument, "the sync's id in the path " + fault};
  auto sync = parse_sync(body, id);
  if (!sync)
    return failure{sync.error().code, "the body's " + sync.error().what};
  auto seen =
      store_.use_rows([&](sync_tables& rows) -> result<seen_before_put> {
        auto row = rows.records.find(id);
        if (!row)
          return row.error();
        if (auto may = check_changeable(rows, id, false); !may)
          return may.error();
        auto specs = specs_of(rows.inputs, *sync, *row);
        if (!specs)
          return specs.error();
        return seen_before_put{std::move(*row), std::move(*specs)};
      });
  if (!seen)
    return seen.error();
  const auto& found = seen->row;
  if (!fits(found, when))
    return put_outcome{sync_change::precondition_failed};
  // Other calls wait for the rows, and all this takes longer the larger the
  // config is.
  if (auto done =
          complete_sync(*sync, found, seen->specs, keys_, webhooks_.reach());
      !done)
    return failure{done.error().code, "the body's " + done.error().what};
  if (auto fine = check(*sync); !fine)
    return failure{fine.error().code, "the body's " + fine.error().what};
  const auto opened =
      found ? open_sync(*found, keys_) : result<sync_definition>{failure{}};
  const auto* before = opened ? &*opened : nullptr;
  const auto change = compare_configs(before, *sync, seen->specs.front());
  const auto row = make_row(*sync, id, keys_, found, utc_now());
  return store_.use_rows([&](sync_tables& rows) -> result<put_outcome> {
    // A file may define it by now.
    if (auto may = check_changeable(rows, id, false); !may)
      return may.error();
    auto notes = notes_on_states(rows, places(), id, *sync, change);
    if (!notes)
      return notes.error();
    auto stored =
        found ? rows.records.replace(row, *found) : rows.records.insert(row);
    if (!stored)
      return stored.error();
    if (!*stored)
      return changed_meanwhile(id);
    if (found)
      if (auto dropped = drop_misdirected(rows.messages, id, before, *sync);
          !dropped)
        return dropped.error();
    return put_outcome{found ? sync_change::replaced : sync_change::created,
                       std::move(*notes)};
  });
}

result<sync_change> kept_syncs::erase(const std::string& id,
                                      const sync_precondition& when) {
  std::vector<task_key> asked;
  auto done = store_.use_rows([&](sync_tables& rows) -> result<sync_change> {
    auto row = expect_sync(rows.records, id);
    if (!row)
      return row.error();
    // An earlier version noted only by the pause that a file is gone.
    if (row->paused != file_is_gone)
      if (auto may = check_changeable(rows, id, true); !may)
        return may.error();
    if (!fits(*row, when))
      return sync_change::precondition_failed;
    auto active = active_run(rows.records, id);
    if (!active)
      return active.error();
    if (*active && (*active)->stage != run_stage::reading) {
      auto inquiries = inquiries_of(rows.records, keys_, *row, **active);
      if (!inquiries)
        return inquiries.error();
      asked = std::move(*inquiries);
    }
    auto gone = rows.records.erase(id, row->version);
    if (!gone)
      return gone.error();
    return *gone ? result<sync_change>{sync_change::deleted}
                 : changed_meanwhile(id);
  });
  if (!done || *done != sync_change::deleted)
    return done;
  // A read that it leaves is cancelled at once.
  poke_();
  for (const auto& one : asked)
    if (auto ended = tasks_.cancel(one);
        !ended && ended.error().code != ec::not_found)
      log::warn("{} of the deleted sync {} goes on: {}", one.task_id, id,
                ended.error().what);
  return done;
}

result<void> kept_syncs::pause(const std::string& id,
                               const std::string& reason) {
  return store_.use([&](sync_records& records, sync_inputs&) -> result<void> {
    auto row = expect_sync(records, id);
    if (!row)
      return row.error();
    auto paused = records.pause(id, reason);
    return paused ? result<void>{} : paused.error();
  });
}

result<void> kept_syncs::resume(const std::string& id) {
  return store_.use_rows([&](sync_tables& rows) -> result<void> {
    auto row = expect_sync(rows.records, id);
    if (!row)
      return row.error();
    if (row->paused.empty())
      return {};
    const auto seen = *row;
    row->paused.clear();
    row->version = make_uuid();
    // Counted from now on: times during the pause are not made up for.
    auto open = open_part_of(*row);
    if (open) {
      row->next_run_at = next_run_of(*open, id, utc_now());
      if (open->schema_changes.policy == schema_policy::pause)
        if (auto accepted = accept_schema(rows, id); !accepted)
          return accepted;
    }
    auto replaced = rows.records.replace(*row, seen);
    if (!replaced)
      return replaced.error();
    return *replaced ? result<void>{} : changed_meanwhile(id);
  });
}

result<std::vector<change_row>> kept_syncs::changes(const std::string& id,
                                                    size_t limit) {
  return store_.use_rows(
      [&](sync_tables& rows) -> result<std::vector<change_row>> {
        auto row = expect_sync(rows.records, id);
        if (!row)
          return row.error();
        return rows.schemas.changes(id, limit);
      });
}

result<std::vector<result<void>>>
kept_syncs::test_notifications(const std::string& id) {
  auto channels = store_.use(
      [&](sync_records& records,
          sync_inputs&) -> result<std::vector<notification_channel>> {
        auto row = expect_sync(records, id);
        if (!row)
          return row.error();
        auto sync = open_sync(*row, keys_);
        if (!sync)
          return sync.error();
        return std::move(sync->notifications);
      });
  if (!channels)
    return channels.error();
  if (channels->empty())
    return failure{ec::invalid_argument,
                   "sync " + excerpt(id)
                       + " has no notifications that could be sent"};
  const auto now = utc_now();
  std::vector<result<void>> out(channels->size());
  // At the same time: each may take 15 s.
  joined_threads senders;
  for (size_t i = 0; i < out.size(); ++i)
    senders.all.push_back(start_quiet_thread([&, i] {
      out[i] = webhooks_.send(make_webhook_message((*channels)[i], make_uuid(),
                                                   make_test_message(id, now)),
                              now);
    }));
  senders.join();
  return out;
}

} // namespace motorcade
