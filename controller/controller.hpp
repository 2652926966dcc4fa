#pragma once

#include "config/controller_settings.hpp"
#include "config/sync_settings.hpp"
#include "controller/api/controller_service.hpp"
#include "controller/syncs/sync_service.hpp"
#include "controller/tables/table_service.hpp"
#include "runtime/kubernetes/kubeconfig.hpp"
#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/webhook/webhook_reach.hpp"

#include <memory>
#include <optional>
#include <string>

namespace motorcade {

/// How a controller keeps syncs.
struct sync_setup {
  /// Seal their secrets; nothing: syncs are not kept.
  std::optional<sealing_keys> keys;
  /// The hosts that their notifications may reach.
  webhook_reach webhooks;
  /// The settings of the folder or server that defines syncs besides the API.
  sync_settings settings;
};

/// Which program, and which installation of it, this is.
struct controller_identity {
  /// For the metrics.
  std::string instance_id;
  std::string version;
};

/// The controller's actors and threads. Pods go on without it, and the next
/// controller adopts them; local processes end with it.
class controller {
public:
  /// Starts watching Pods. Throws std::invalid_argument if the database's URL
  /// cannot be used, std::runtime_error if threads or memory are lacking.
  /// @param kept How syncs are kept.
  /// @param access Not used if local processes run the tasks; the caller holds
  /// their `data_folder` then.
  controller(const controller_settings& settings, const kube_access& access,
             const controller_identity& identity, const sync_setup& kept);

  /// Stops; blocks for some seconds at most, or as long as local processes take
  /// to end, which is their grace time at most.
  ~controller();

  /// @returns the service that the HTTP API calls; lives as long as the
  /// controller.
  controller_service& service();

  /// @returns the service for syncs, which lives as long; null: they are not
  /// kept.
  sync_service* syncs();

  /// @returns the service for their tables; null if they are not kept.
  table_service* tables();

private:
  struct world;

  std::unique_ptr<world> world_;
};

} // namespace motorcade
