#include "controller/syncs/kept_sync.hpp"

#include "runtime/base/digest.hpp"
#include "schema/schedule/sync_schedule.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// A sealed text opens in the row of this sync alone.
std::string purpose_of(const std::string& id) {
  return "sync_definition.secrets of " + id;
}

} // namespace

result<sync_definition> open_sync(const stored_sync& row,
                                  const sealing_keys& keys) {
  auto secrets = keys.open(row.secrets, purpose_of(row.id));
  if (!secrets)
    return failure{secrets.error().code,
                   "the config of sync " + row.id
                       + " cannot be read: " + secrets.error().what};
  auto out = read_parts(row.open, *secrets, row.id);
  if (!out)
    return failure{out.error().code,
                   "the row of sync " + row.id
                       + " cannot be read: " + out.error().what};
  return out;
}

std::string seal_secrets(const sync_definition& sync, const std::string& id,
                         const sealing_keys& keys) {
  return keys.seal(write_secret_part(sync), purpose_of(id));
}

std::optional<wall_time> next_run_of(const sync_definition& sync,
                                     const std::string& id, wall_time after) {
  if (sync.schedule.empty())
    return {};
  const auto schedule = sync_schedule::parse(sync.schedule, id);
  if (!schedule)
    return {};
  const auto next =
      schedule->next(std::chrono::floor<std::chrono::seconds>(after));
  if (!next)
    return {};
  return wall_time{*next};
}

std::string discover_key_of(const sync_definition& sync,
                            const std::string& id) {
  constexpr size_t digits = 16;
  // Of a sync's id enough remains for a person to know it again.
  constexpr size_t longest = 100;
  return "sync:" + id.substr(0, longest) + ':'
         + sha256_hex(id + '\n' + sync.package + '\n' + sync.version + '\n'
                      + sync.config)
               .substr(0, digits);
}

} // namespace motorcade
