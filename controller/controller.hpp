#pragma once

#include "config/controller_settings.hpp"
#include "controller/control_service.hpp"
#include "runtime/kubeconfig.hpp"

#include <memory>

namespace motorcade {

/// The controller's actors and threads. Tasks go on without it: their Pods are
/// taken on by the next one.
class controller {
public:
  /// Starts watching Pods. Throws std::invalid_argument where the database's
  /// URL cannot be used, std::runtime_error where threads or memory are
  /// lacking.
  controller(const controller_settings& settings, const kube_access& access,
             const std::string& instance_id);

  /// Stops; blocks for some seconds at most.
  ~controller();

  control_service& service();

private:
  struct world;

  std::unique_ptr<world> world_;
};

} // namespace motorcade
