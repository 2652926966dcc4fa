#pragma once

#include "schema/task/failure_reason.hpp"
#include "schema/task/inquiry_session.hpp"
#include "schema/task/task_status.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// The report of a task's end to a control plane: one JSON document in the
/// manner of the Airbyte platform's ConnectorJobOutput: `outputType` (`spec`,
/// `checkConnection`, `discoverCatalog`, `replicate`), the answer, and
/// `failureReason` if it is no success.
///
/// A catalog is in the document itself, as `catalog`: the platform's own
/// documents hold the number that its database gave one.

/// @param answer `spec`, `connectionStatus` or `catalog` byte for byte; empty:
/// none.
/// @param config_changed Whether the connector changed its config.
std::string make_result_document(inquiry command, const std::string& answer,
                                 const failure_reason* reason,
                                 bool config_changed);

/// @returns the document of a read: its status, and its streams as in
/// `source_task.description`.
std::string make_result_document(task_status status,
                                 const std::vector<stream_summary>& streams,
                                 const failure_reason* reason,
                                 bool config_changed);

} // namespace motorcade
