#pragma once

#include "config/controller_settings.hpp"
#include "runtime/process/task_folder.hpp"
#include "runtime/process/task_keeper.hpp"
#include "runtime/task/task_request.hpp"

#include <string>

namespace motorcade {

/// Says how a task runs as local processes: programs, arguments, environments
/// and limits of its connector and its sidecar.
/// @param program The connector's, absolute.
/// @returns invalid_argument, naming the variable, if a value holds a zero
/// byte.
result<keeper_plan> plan_processes(const task_request& task,
                                   const controller_settings& settings,
                                   const task_folder& folder,
                                   const std::string& program);

} // namespace motorcade
