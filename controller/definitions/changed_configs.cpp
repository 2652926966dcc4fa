#include "controller/definitions/changed_configs.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "runtime/base/log.hpp"
#include "schema/base/words.hpp"
#include "schema/json/bad_value.hpp"
#include "schema/json/json_view.hpp"
#include "schema/secrets/config_change.hpp"
#include "schema/sync/config_merge.hpp"
#include "schema/sync/hidden_values.hpp"

namespace motorcade {

namespace {

/// The outcome of one change.
enum class taking : uint8_t {
  /// The sync has it.
  done,
  /// The sync has what it had; the message tells why.
  dropped,
  /// The row stays for the next call.
  later,
};

/// @returns why no run could be given the config; empty: one could.
std::string fault_of(const std::string& config) {
  // As a member of a definition it lies two levels deep.
  if (nests_deeper(config, max_document_depth - 2))
    return "it nests deeper than " + std::to_string(max_document_depth - 2)
           + " levels";
  // Postgres keeps what its own JSON does not hold as a text.
  if (!json_view{config}.is_object())
    return "it holds what the database does not hold exactly";
  if (const auto bad = find_bad_value(config, false, max_kept_members))
    return to_text(*bad);
  // It stands for a secret that is masked, which would be lost.
  if (const auto place = find_hidden_value(config))
    return *place + " is ***, by which secrets are masked, and not the secret";
  return {};
}

/// Takes one change into the sync.
/// @param said Is told what was done, without secrets; empty: nothing.
result<taking> take(sync_tables& rows, const sealing_keys& keys,
                    const stored_sync& row, const changed_config& change,
                    std::string& said) {
  if (row.given_secrets.empty()) {
    said = "dropped a config that a connector changed: no run of this sync was "
           "given one";
    return taking::dropped;
  }
  auto sync = open_sync(row, keys);
  auto given_row = row;
  given_row.secrets = row.given_secrets;
  auto given = open_sync(given_row, keys);
  // Without the key nothing can be kept; the row stays for a process that has
  // the key.
  if (!sync || !given)
    return taking::later;
  if (sync->package != change.package) {
    said = "dropped the config that the connector changed: the sync has "
           "another connector by now";
    return taking::dropped;
  }
  // That of a discover tells by its key which config the discover was given.
  if (!change.key.empty()
      && !is_discover_key_of(change.key, *given, row.id, keys)) {
    said = "dropped a config that the connector changed in a discover: a "
           "client has changed the sync since";
    return taking::dropped;
  }
  if (const auto fault = fault_of(change.config); !fault.empty()) {
    said = "dropped the config that the connector sent, with which it could "
           "not be started: "
           + fault;
    return taking::dropped;
  }
  if (are_same_config(given->config, change.config)) {
    // The log of the run says so already.
    return taking::done;
  }
  const auto before = sync->config;
  auto merged = merge_config(given->config, change.config, before);
  // A later change by the same run is measured by this one.
  take_connector_config(*given, change.config);
  if (are_same_config(before, merged.config)) {
    // The version stays, as nothing of the sync changes.
    if (auto noted =
            rows.records.note_given(row.id, seal_secrets(*given, row.id, keys));
        !noted)
      return noted.error();
    said = merged.kept.empty()
               ? "the connector changed its config to what the sync has already"
               : "nothing of the config that the connector changed is taken, "
                 "since a client changed the same members during the run: "
                     + join(merged.kept);
    return taking::done;
  }
  take_connector_config(*sync, std::move(merged.config));
  auto changed = rows.records.change_secrets(
      row.id, row.secrets, seal_secrets(*sync, row.id, keys),
      seal_secrets(*given, row.id, keys));
  if (!changed)
    return changed.error();
  // A client changes the sync at this moment: it is taken at the next step.
  if (!*changed)
    return taking::later;
  said = "the connector changed its config, with which the next run begins. "
         + name_config_changes(before, sync->config);
  if (!merged.kept.empty())
    said += ". Not taken, since a client changed them during the run: "
            + join(merged.kept);
  return taking::done;
}

/// Says in both logs what was done, if there is something to say.
result<void> note(sync_tables& rows, const std::string& id,
                  const std::string& run_id, taking done, std::string said) {
  if (said.empty())
    return {};
  const auto dropped = done == taking::dropped;
  if (dropped)
    log::warn("sync {}: {}", id, said);
  else
    log::info("sync {}: {}", id, said);
  return rows.notes.add({make_uuid(), id, run_id, dropped ? "WARN" : "INFO",
                         std::move(said), utc_now()});
}

} // namespace

result<void> take_changed_configs(sync_tables& rows, const sealing_keys& keys,
                                  const std::string& id,
                                  const std::string& run_id) {
  auto changes = rows.inputs.changed_configs(id);
  if (!changes || changes->empty())
    return changes ? result<void>{} : changes.error();
  for (const auto& change : *changes) {
    auto current = rows.records.find(id);
    if (!current)
      return current.error();
    if (!*current)
      return {};
    std::string said;
    auto taken = take(rows, keys, **current, change, said);
    if (!taken)
      return taken.error();
    if (*taken == taking::later)
      return {};
    if (auto noted = note(rows, id, run_id, *taken, std::move(said)); !noted)
      return noted;
    if (auto gone = rows.inputs.forget_config(id, change); !gone)
      return gone;
  }
  return {};
}

} // namespace motorcade
