#include "controller/sync_files/file_reconciler.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "controller/definitions/sent_sync.hpp"
#include "controller/syncs/announcements.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"

#include <map>
#include <set>
#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view changed_by_another =
    "another client changed the sync meanwhile";

std::string purpose_of(const std::string& id) {
  return "sync_file.applied of " + id;
}

/// @returns the files that define syncs, by the syncs.
result<std::map<std::string, file_row>> known_files(sync_tables& rows) {
  auto all = rows.files.all();
  if (!all)
    return all.error();
  std::map<std::string, file_row> out;
  for (auto& one : *all)
    out.emplace(one.sync_id, std::move(one));
  return out;
}

/// Lets a sync run again whose file is back as it was applied. Its config
/// stays: its connector may have renewed it.
/// @returns why that cannot be; empty: it is done.
result<std::string> take_back(sync_tables& rows, const stored_sync& before,
                              file_row known) {
  if (before.paused == file_is_gone) {
    auto row = before;
    row.paused.clear();
    row.version = make_uuid();
    auto stored = rows.records.replace(row, before);
    if (!stored)
      return stored.error();
    if (!*stored)
      return std::string{changed_by_another};
    log::info("the definition of sync {} is there again", before.id);
  }
  if (!std::exchange(known.gone, false))
    return std::string{};
  auto noted = rows.files.put(known);
  return noted ? result<std::string>{std::string{}} : noted.error();
}

/// Stores a sync as its file defines it.
/// @returns false if another process has changed the sync since `before` was
/// read; then nothing is stored.
result<bool> store(sync_tables& rows, const sealing_keys& keys,
                   const sync_file& file,
                   const std::optional<stored_sync>& before, wall_time now) {
  auto row = make_row(*file.sync, file.sync_id, keys, before, now);
  if (!before)
    return rows.records.insert(row);
  if (row.paused == file_is_gone)
    row.paused.clear();
  auto replaced = rows.records.replace(row, *before);
  if (!replaced || !*replaced)
    return replaced;
  const auto opened = open_sync(*before, keys);
  auto dropped = drop_misdirected(rows.messages, row.id,
                                  opened ? &*opened : nullptr, *file.sync);
  return dropped ? replaced : dropped.error();
}

/// Applies a file if it has changed.
/// @param known What was applied before; null: no file defines the sync yet.
/// @returns why it cannot be applied; empty: it is.
result<std::string> apply(sync_tables& rows, const sealing_keys& keys,
                          const webhook_reach& reach, const sync_file& file,
                          const file_row* known, wall_time now) {
  const auto& id = file.sync_id;
  auto before = rows.records.find(id);
  if (!before)
    return before.error();
  if (*before && known == nullptr)
    return "there is a sync " + id
           + " already, which no file defines; delete it, or give the file "
             "another name";
  const auto digest = sha256_hex(file.document);
  if (*before && !known->applied.empty()) {
    const auto open = keys.open(known->applied, purpose_of(id));
    if (open && *open == digest)
      return take_back(rows, **before, *known);
  }
  auto sync = *file.sync;
  // No `***` stands for a stored secret: a file holds all of them.
  if (auto done = complete_sync(sync, {}, {}, keys, reach); !done)
    return done.error().what;
  // The owner is stored first, so that the next look goes on after a crash.
  if (known == nullptr)
    if (auto noted = rows.files.put({id, {}}); !noted)
      return noted.error();
  auto stored = store(rows, keys, file, *before, now);
  if (!stored)
    return stored.error();
  if (!*stored)
    return std::string{changed_by_another};
  log::info("applied the definition of sync {} ({})", id, file.name);
  auto noted = rows.files.put({id, keys.seal(digest, purpose_of(id))});
  return noted ? result<std::string>{std::string{}} : noted.error();
}

} // namespace

result<std::vector<file_fault>>
reconcile_files(sync_tables& rows, const sealing_keys& keys,
                const webhook_reach& reach, const std::vector<sync_file>& files,
                wall_time now) {
  auto known = known_files(rows);
  if (!known)
    return known.error();
  std::vector<file_fault> faults;
  std::set<std::string> there;
  for (const auto& file : files) {
    there.insert(file.sync_id);
    if (!file.fault.empty()) {
      faults.push_back({file.name, file.fault});
      continue;
    }
    const auto found = known->find(file.sync_id);
    auto why = apply(rows, keys, reach, file,
                     found == known->end() ? nullptr : &found->second, now);
    if (!why)
      return why.error();
    if (!why->empty())
      faults.push_back({file.name, *why});
  }
  for (auto& [id, one] : *known) {
    if (there.contains(id))
      continue;
    auto paused = rows.records.pause(id, std::string{file_is_gone});
    if (!paused)
      return paused.error();
    if (*paused)
      log::warn("sync {} is paused: {}", id, file_is_gone);
    // One that was paused by hand keeps that reason, and may be deleted, too.
    if (!std::exchange(one.gone, true))
      if (auto noted = rows.files.put(one); !noted)
        return noted.error();
  }
  return faults;
}

} // namespace motorcade
