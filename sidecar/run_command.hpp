#pragma once

#include "config/environment.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// What a person typed after `sidecar run`.
struct run_options {
  /// spec, check, discover or read.
  std::string command = "read";
  std::string config;
  std::string catalog;
  /// Where a discover puts a ConfiguredAirbyteCatalog; empty: nowhere.
  std::string save_catalog;
  /// The keys of the streams in it; empty: all.
  std::vector<std::string> select;
  /// Empty: goes on from what the database has for this sync.
  std::string state;
  /// Where a config that the connector changed is written; empty: nowhere.
  std::string config_out;
  /// Empty: BULKER_URL.
  std::string to;
  /// A file; empty: `to` says where rows go.
  std::string destination_config;
  /// Empty: DATABASE_URL.
  std::string database;
  std::string sync_id = "local";
  /// What the connector finds in its environment besides what every program
  /// does: `NAME` of ours, or `NAME=value`.
  std::vector<std::string> env;
  /// Another run of the sync is waited for.
  bool wait = false;
  /// The connector is started with `--debug`, and what it says is kept and
  /// shown.
  bool debug = false;
  /// The connector's program and its own arguments.
  std::vector<std::string> connector;
};

/// Starts a connector, syncs what it prints or prints what it answers, and says
/// what became of it.
/// @returns the exit code of the process: see `run_exit_code`; 75 where another
/// run has the sync.
int run_connector(const run_options& options, const environment& from);

} // namespace motorcade
