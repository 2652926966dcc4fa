#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/database/sql_session.hpp"
#include "schema/base/result.hpp"
#include "schema/task/task_status.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// A row of `source_catalog`: what a discover answered.
struct discovered_row {
  task_status status = task_status::running;
  /// JSON; empty: none.
  std::string catalog;
  /// Why it failed; empty: it did not.
  std::string description;
  /// When it was stored; the default: not known.
  wall_time time = {};
};

/// A row of `source_spec`: what a spec answered.
struct spec_row {
  /// JSON; empty: it failed.
  std::string spec;
  /// Why it failed; empty: it did not.
  std::string error;
  /// When it was stored; the default: not known.
  wall_time time = {};
};

/// A row of `source_config_update`: a config that a connector changed.
struct changed_config {
  std::string package;
  std::string version;
  /// The key of the discover that it came from; empty: it is of a read.
  std::string key;
  /// JSON. Secret.
  std::string config;
};

/// Stored results of tasks that runs of a sync begin with: catalogs, specs,
/// changed configs, states. Fails as `sync_records`. Not thread-safe.
class sync_inputs {
public:
  /// @param session May serve other records, too; lives as long as this.
  explicit sync_inputs(std::shared_ptr<sql_session> session)
      : session_{std::move(session)} {}

  /// @returns what a discover of that key has answered; nothing if none was
  /// asked for.
  result<std::optional<discovered_row>> discovered(const std::string& package,
                                                   const std::string& version,
                                                   const std::string& key);

  /// @returns what a spec of the connector has answered; nothing if none was
  /// asked for.
  result<std::optional<spec_row>> told_spec(const std::string& package,
                                            const std::string& version);

  /// @returns the spec of a connector, JSON; empty: not known.
  result<std::string> spec(const std::string& package,
                           const std::string& version);

  /// @returns the configs that connectors of the sync have changed.
  result<std::vector<changed_config>>
  changed_configs(const std::string& sync_id);

  /// Deletes such a row if it holds that config still.
  result<void> forget_config(const std::string& sync_id,
                             const changed_config& row);

  /// Deletes all such rows of a sync.
  result<void> forget_configs(const std::string& sync_id);

  /// @returns whether a sync has saved states.
  result<bool> has_states(const std::string& sync_id);

  /// Deletes the saved states of a sync, of one stream or of all.
  /// @param stream The stream's key; empty: all of them.
  /// @returns the keys that were deleted.
  result<std::vector<std::string>> forget_states(const std::string& sync_id,
                                                 const std::string& stream);

private:
  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
