#include "controller/syncs/changed_configs.hpp"

#include "controller/syncs/kept_sync.hpp"
#include "runtime/base/log.hpp"
#include "schema/secrets/config_change.hpp"

namespace motorcade {

result<void> take_changed_configs(sync_records& records, sync_inputs& inputs,
                                  const sealing_keys& keys,
                                  const std::string& id) {
  auto changes = inputs.changed_configs(id);
  if (!changes || changes->empty())
    return changes ? result<void>{} : changes.error();
  for (const auto& change : *changes) {
    auto current = records.find(id);
    if (!current)
      return current.error();
    if (!*current)
      return {};
    auto sync = open_sync(**current, keys);
    // Without the key nothing can be kept; the row stays for a process that has
    // the key.
    if (!sync)
      return {};
    // The config of a connector that the sync no longer has is of no use.
    if (sync->package == change.package) {
      const auto before = sync->config;
      sync->config = change.config;
      auto changed = records.change_secrets(id, (*current)->secrets,
                                            seal_secrets(*sync, id, keys));
      if (!changed)
        return changed.error();
      // A client changes the sync at this moment: it is taken at the next step.
      if (!*changed)
        return {};
      log::info("sync {}: the connector changed its config, with which the "
                "next run begins. {}",
                id, name_config_changes(before, change.config));
    }
    if (auto gone = inputs.forget_config(id, change); !gone)
      return gone;
  }
  return {};
}

} // namespace motorcade
