#pragma once

#include "config/environment.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// The options of `sidecar run`.
struct run_options {
  /// spec, check, discover or read.
  std::string command = "read";
  std::string config;
  std::string catalog;
  /// The file for a discover's ConfiguredAirbyteCatalog; empty: none.
  std::string save_catalog;
  /// The keys of the streams in that catalog; empty: all.
  std::vector<std::string> select;
  /// A file; empty: the read goes on from the saved states of the sync.
  std::string state;
  /// The file for a config that the connector changed; empty: none.
  std::string config_out;
  /// Empty: BULKER_URL.
  std::string to;
  /// A file; empty: `to` names the destination.
  std::string destination_config;
  /// Empty: DATABASE_URL.
  std::string database;
  std::string sync_id = "local";
  /// Variables for the connector: `NAME` passes one of ours on, `NAME=value`
  /// sets one.
  std::vector<std::string> env;
  /// Waits for another run of the sync.
  bool wait = false;
  /// The connector is started with `--debug`, and its DEBUG lines are kept and
  /// shown.
  bool debug = false;
  /// The connector's program and its own arguments; empty: there is none, and
  /// the destination alone is checked.
  std::vector<std::string> connector;
};

/// Starts a connector, delivers its rows or prints its answer, and prints the
/// result.
/// @returns the exit code of the process: see `run_exit_code`; 75 if another
/// run of the sync is under way.
int run_connector(const run_options& options, const environment& from);

} // namespace motorcade
