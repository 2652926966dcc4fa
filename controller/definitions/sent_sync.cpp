#include "controller/definitions/sent_sync.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "schema/sync/config_merge.hpp"
#include "schema/sync/hidden_values.hpp"
#include "schema/sync/secret_recipients.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

/// Takes a document with its secrets.
/// @param place The document's, for what is wrong with it.
result<void> put_back(std::string& sent, result<std::string> whole,
                      const std::string& place) {
  if (!whole)
    return failure{whole.error().code, place + '.' + whole.error().what};
  sent = std::move(*whole);
  return {};
}

} // namespace

result<void> complete_sync(sync_definition& sent,
                           const std::optional<stored_sync>& stored,
                           std::span<const std::string> specs,
                           const sealing_keys& keys,
                           const webhook_reach& reach) {
  sync_definition kept;
  // Without the key of the stored row no secret can be put back; a definition
  // without `***` is taken.
  if (stored)
    if (auto opened = open_sync(*stored, keys)) {
      kept = std::move(*opened);
      if (auto same = check_secret_recipients(sent, kept); !same)
        return same;
    }
  if (auto done =
          put_back(sent.config, restore_config(sent.config, kept.config, specs),
                   "source.config");
      !done)
    return done;
  if (are_same_config(sent.config, kept.config))
    sent.client_digest = kept.client_digest;
  if (!sent.destination.empty())
    if (auto done =
            put_back(sent.destination,
                     restore_secrets(sent.destination, kept.destination, {}),
                     "destination");
        !done)
      return done;
  if (auto done = restore_channels(sent.notifications, kept.notifications);
      !done)
    return done;
  for (size_t i = 0; i < sent.notifications.size(); ++i)
    if (auto may = reach.check_url(sent.notifications[i].url); !may)
      return failure{may.error().code, "notifications[" + std::to_string(i)
                                           + "].url: " + may.error().what};
  return {};
}

stored_sync make_row(const sync_definition& sync, const std::string& id,
                     const sealing_keys& keys,
                     const std::optional<stored_sync>& before, wall_time now) {
  stored_sync row;
  row.id = id;
  row.open = write_open_part(sync);
  row.secrets = seal_secrets(sync, id, keys);
  row.version = make_uuid();
  row.next_run_at = next_run_of(sync, id, now);
  if (!before)
    return row;
  row.paused = before->paused;
  row.earlier_secrets = before->earlier_secrets;
  if (auto earlier = open_part_of(*before);
      earlier && earlier->schedule == sync.schedule)
    // One beyond the schedule's next time was stored by a clock that was ahead.
    row.next_run_at = std::min(before->next_run_at, row.next_run_at);
  return row;
}

} // namespace motorcade
