#include "controller/definition_check.hpp"

#include "runtime/destination/choice/open_destination.hpp"
#include "runtime/kubernetes/pod_manifest.hpp"
#include "schema/catalog/destination_reach.hpp"

namespace motorcade {

namespace {

result<void> check_image(const sync_definition& sync) {
  if (!is_image(sync.package, sync.version))
    return failure{ec::invalid_argument,
                   "source.package and source.version do not name an image; "
                   "they must be like airbyte/source-faker and 6.2.0"};
  return {};
}

failure cannot_be_used(const failure& why) {
  return {why.code, "destination cannot be used: " + why.what};
}

} // namespace

result<void> check_definition(const sync_definition& sync) {
  if (auto image = check_image(sync); !image)
    return image;
  // Where a relative path lies is said by a syncctl.
  const auto fine =
      check_destination_config(place_destination(sync.destination, "/rows"));
  return fine ? result<void>{} : cannot_be_used(fine.error());
}

result<void> check_definition(const sync_definition& sync,
                              const controller_settings& settings) {
  if (auto image = check_image(sync); !image)
    return image;
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
  return fine ? result<void>{} : cannot_be_used(fine.error());
}

} // namespace motorcade
