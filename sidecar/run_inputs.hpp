#pragma once

#include "schema/base/result.hpp"
#include "sidecar/run_command.hpp"

#include <string>

// What a person gives to `sidecar run`, looked at before anything starts.
namespace motorcade {

/// @returns what the file holds; invalid_argument where it cannot be read.
result<std::string> read_input_file(const std::string& path);

/// @returns a URL for what `--to` names: a URL as it is, a path as `file://…`.
/// An empty text stays empty. Fails with invalid_argument, naming the option.
result<std::string> to_destination_url(const std::string& given);

/// @returns a URL for what `--database` names: a URL as it is, a path as
/// `sqlite://…`. An empty text stays empty. Fails with invalid_argument, naming
/// the option.
result<std::string> to_database_url(const std::string& given);

/// Checks that the files to be written can be, and that those to be read are
/// JSON: nobody shall learn of it when the connector has run for an hour.
/// @returns invalid_argument, naming the option and the path.
result<void> check_run_files(const run_options& options);

} // namespace motorcade
