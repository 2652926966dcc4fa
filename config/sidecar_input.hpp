#pragma once

#include "config/environment.hpp"
#include "schema/base/result.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// Where a task is described if SIDECAR_INPUT is `files`:
/// `sidecarInput.json` in AIRBYTE_CONFIG_DIR.
std::string sidecar_input_path(const environment& from);

/// Reads the Airbyte platform's description of a task: `operationType`,
/// `workloadId`, `integrationLauncherConfig.dockerImage`, and of
/// `discoverCatalogInput` or `checkConnectionInput` what names its source.
/// @param json The file's content.
/// @returns COMMAND, PACKAGE, PACKAGE_VERSION, WORKLOAD_ID and STORAGE_KEY as
/// far as it tells them; invalid_argument if it is no JSON object or
/// something in it is of a wrong type.
result<variables> read_sidecar_input(std::string_view json);

} // namespace motorcade
