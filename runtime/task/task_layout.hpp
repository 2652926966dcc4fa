#pragma once

#include "config/controller_settings.hpp"
#include "runtime/task/task_request.hpp"
#include "schema/task/task_place.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// The folders that connector and sidecar of one task share.
struct task_places {
  /// `stdout` and `stderr`.
  std::string pipes = "/pipes";
  /// `config.json`, `catalog.json` and `state.json`.
  std::string config = "/config";
  task_place place = task_place::pod;
  /// `destinationConfig.json`, for the sidecar alone.
  std::string destination = "/destination";
  /// The path from which the sidecar reads the connector's exit code.
  std::string exit_code = "/pipes/exit-code";
};

/// @returns the file in which a task's sidecar may put another state for the
/// connector: the given one, if it can be replaced; else one beside the pipes,
/// which the connector's shell prefers.
std::string state_file_of(const task_places& places);

/// A variable of a sidecar's environment.
struct sidecar_variable {
  std::string name;
  std::string value;
  /// Its value must be seen by the sidecar alone.
  bool secret = false;
};

/// @returns the environment of a task's sidecar, in a Pod or as a local
/// process.
std::vector<sidecar_variable>
sidecar_environment(const task_request& task,
                    const controller_settings& settings,
                    const task_places& places = {});

/// A document of a task, and the file `<key>.json` that holds it.
struct task_document {
  std::string key;
  std::string text;
};

/// @returns the documents that connector and sidecar are given as files;
/// secret. None if no connector runs.
std::vector<task_document> task_documents(const task_request& task);

/// @returns the arguments of the connector's command line.
std::vector<std::string> connector_arguments(const task_request& task,
                                             const task_places& places = {});

/// @returns the variables that every connector gets.
std::vector<sidecar_variable> connector_environment();

} // namespace motorcade
