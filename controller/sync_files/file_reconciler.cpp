#include "controller/sync_files/file_reconciler.hpp"

#include "controller/definitions/sent_sync.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/log.hpp"

#include <map>
#include <set>

namespace motorcade {

namespace {

std::string purpose_of(const std::string& id) {
  return "sync_file.applied of " + id;
}

/// @returns the files that define syncs, by the syncs.
result<std::map<std::string, std::string>> known_files(sync_tables& rows) {
  auto all = rows.files.all();
  if (!all)
    return all.error();
  std::map<std::string, std::string> out;
  for (auto& one : *all)
    out.emplace(std::move(one.sync_id), std::move(one.applied));
  return out;
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
  return rows.records.replace(row, *before);
}

/// Applies a file if it has changed.
/// @returns why it cannot be applied; empty: it is.
result<std::string> apply(sync_tables& rows, const sealing_keys& keys,
                          const webhook_reach& reach, const sync_file& file,
                          const std::string* applied, wall_time now) {
  const auto& id = file.sync_id;
  auto before = rows.records.find(id);
  if (!before)
    return before.error();
  if (*before && applied == nullptr)
    return "there is a sync " + id
           + " already, which no file defines; delete it, or give the file "
             "another name";
  const auto digest = sha256_hex(file.document);
  if (*before && (*before)->paused != file_is_gone && applied != nullptr
      && !applied->empty()) {
    const auto open = keys.open(*applied, purpose_of(id));
    if (open && *open == digest)
      return std::string{};
  }
  auto sync = *file.sync;
  // No `***` stands for a stored secret: a file holds all of them.
  if (auto done = complete_sync(sync, {}, {}, keys, reach); !done)
    return done.error().what;
  // The owner is stored first, so that the next look goes on after a crash.
  if (applied == nullptr)
    if (auto noted = rows.files.put({id, {}}); !noted)
      return noted.error();
  auto stored = store(rows, keys, file, *before, now);
  if (!stored)
    return stored.error();
  if (!*stored)
    return std::string{"another client changed the sync meanwhile"};
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
  for (const auto& [id, applied] : *known) {
    if (there.contains(id))
      continue;
    auto paused = rows.records.pause(id, std::string{file_is_gone});
    if (!paused)
      return paused.error();
    if (*paused)
      log::warn("sync {} is paused: {}", id, file_is_gone);
    // One that was paused by hand keeps that reason, and may be deleted, too.
    if (applied != file_was_gone)
      if (auto noted = rows.files.put({id, std::string{file_was_gone}}); !noted)
        return noted.error();
  }
  return faults;
}

} // namespace motorcade
