#pragma once

#include "schema/base/result.hpp"
#include "sidecar/run_command.hpp"
#include "sidecar/run_problems.hpp"

#include <string>

// Checks of the inputs of `sidecar run`, before anything starts.
namespace motorcade {

/// @returns the content of the file; invalid_argument if it cannot be read.
result<std::string> read_input_file(const std::string& path);

/// @returns the URL for the value of `--to`: a URL as it is, a path as
/// `file://…`. An empty text stays empty. Fails with invalid_argument, naming
/// the option.
result<std::string> to_destination_url(const std::string& given);

/// @returns the URL for the value of `--database`: a URL as it is, a path as
/// `sqlite://…`. An empty text stays empty. Fails with invalid_argument, naming
/// the option.
result<std::string> to_database_url(const std::string& given);

/// @returns whether connectors know such a command.
bool is_connector_command(const std::string& command);

/// @returns whether the command tries the destination, which an option names:
/// one of the environment alone is for reads.
bool checks_destination(const run_options& options);

/// Checks that the options go together and with the command, that the files to
/// be written can be, that those to be read are JSON, and that catalog and
/// state are such, before the connector runs for an hour in vain. Everything
/// wrong is told at once, naming the option and the path.
void check_run_options(const run_options& options, run_problems& problems);

} // namespace motorcade
