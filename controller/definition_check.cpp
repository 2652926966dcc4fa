#include "controller/definition_check.hpp"

#include "runtime/destination/choice/open_destination.hpp"
#include "runtime/kubernetes/pod_manifest.hpp"
#include "schema/catalog/destination_reach.hpp"

namespace motorcade {

result<void> check_definition(const sync_definition& sync,
                              const controller_settings& settings) {
  if (!is_image(sync.package, sync.version))
    return failure{ec::invalid_argument,
                   "source.package and source.version do not name an image; "
                   "they must be like airbyte/source-faker and 6.2.0"};
  task_request task;
  // A check needs no destination: BULKER_URL may name one by the first run.
  task.command = "check";
  task.package = sync.package;
  task.version = sync.version;
  const auto on_this_machine = settings.runtime == controller_runtime::process;
  task.destination_config = place_destination(
      sync.destination, on_this_machine ? settings.data_dir + "/rows" : "");
  auto fine = check_startable(task, settings);
  if (fine)
    fine = check_destination_config(task.destination_config);
  if (!fine)
    return failure{fine.error().code,
                   "destination cannot be used: " + fine.error().what};
  return {};
}

} // namespace motorcade
