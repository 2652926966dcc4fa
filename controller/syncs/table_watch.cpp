#include "controller/syncs/table_watch.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "controller/syncs/kept_rows.hpp"
#include "schema/base/counted.hpp"
#include "schema/base/excerpt.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace motorcade {

namespace {

/// @returns whether a sync writes to its tables no more.
result<bool> has_left(sync_tables& rows, const sealing_keys& keys,
                      const place_finder& places, const table_claim& claim) {
  auto row = rows.records.find(claim.sync_id);
  if (!row)
    return row.error();
  if (!*row)
    return true;
  auto active = active_run(rows.records, claim.sync_id);
  if (!active)
    return active.error();
  if (*active && (*active)->stage == run_stage::reading)
    return false;
  const auto sync = open_sync(**row, keys);
  if (!sync)
    return false;
  const auto now = places(*sync, "");
  return now && now->digest != claim.place;
}

/// Takes the tables from syncs that write to them no more.
/// @returns the claims that stand.
result<std::vector<table_claim>> standing(sync_tables& rows,
                                          const sealing_keys& keys,
                                          const place_finder& places,
                                          std::vector<table_claim> claims) {
  std::set<std::string> gone;
  std::set<std::string> seen;
  for (const auto& one : claims) {
    if (!seen.insert(one.sync_id).second)
      continue;
    auto left = has_left(rows, keys, places, one);
    if (!left)
      return left.error();
    if (!*left)
      continue;
    if (auto given = rows.claims.give_up(one.sync_id); !given)
      return given.error();
    gone.insert(one.sync_id);
  }
  std::erase_if(claims,
                [&](const auto& one) { return gone.contains(one.sync_id); });
  return claims;
}

/// @returns e.g. `the table "users" at postgres://db:5432/app`.
std::string name_table(const run_place& place, const table_claim& claim) {
  const auto table =
      std::find_if(place.tables.begin(), place.tables.end(),
                   [&](const auto& one) { return one.id == claim.table; });
  return "the table "
         + (table == place.tables.end() ? std::string{}
                                        : excerpt(table->shown) + ' ')
         + "at " + place.shown;
}

/// @returns why states of the sync do not tell what is in its tables.
std::string describe_lost(const run_place& place,
                          const std::vector<table_claim>& left) {
  return name_table(place, left.front()) + " was last filled by the sync "
         + excerpt(left.front().sync_id)
         + (left.size() > 1
                ? ", and so "
                      + std::string{agree(left.size() - 1, "was ", "were ")}
                      + counted(left.size() - 1, "more table")
                : std::string{});
}

std::string describe(const run_place& place,
                     const std::vector<table_claim>& claims) {
  const auto& first = claims.front();
  return name_table(place, first) + " is filled by the sync "
         + excerpt(first.sync_id)
         + (claims.size() > 1
                ? ", and so "
                      + std::string{agree(claims.size() - 1, "is ", "are ")}
                      + counted(claims.size() - 1, "more table")
                      + " of this run by others"
                : std::string{})
         + "; two syncs would mix or overwrite each other's rows. Give one of "
           "them an options.tableNamePrefix or options.namespace of its own, "
           "or another schema, database, folder or file; or delete the sync "
           "that is no longer needed";
}

} // namespace

result<std::string> claim_tables(sync_tables& rows, const sealing_keys& keys,
                                 const place_finder& places,
                                 const sync_run& run, const run_place& place) {
  std::vector<std::string> ids;
  ids.reserve(place.tables.size());
  for (const auto& one : place.tables)
    ids.push_back(one.id);
  auto others = rows.claims.of_others(run.sync_id, ids);
  if (!others)
    return others.error();
  auto stand = standing(rows, keys, places, std::move(*others));
  if (!stand)
    return stand.error();
  if (!stand->empty())
    return describe(place, *stand);
  auto strange = rows.claims.left_by_others(run.sync_id, ids);
  if (!strange)
    return strange.error();
  if (!strange->empty())
    // Stored before the tables are claimed: if this process dies in between,
    // the next one still finds that the saved states are void.
    if (auto noted = rows.places.put(run.sync_id,
                                     {"", describe_lost(place, *strange), ""});
        !noted)
      return noted.error();
  if (auto noted = rows.claims.replace(run.sync_id, place.digest, ids); !noted)
    return noted.error();
  // Another process may have noted one of them at this moment.
  others = rows.claims.of_others(run.sync_id, ids);
  if (!others)
    return others.error();
  return others->empty() ? std::string{} : describe(place, *others);
}

} // namespace motorcade
