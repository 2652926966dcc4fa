#pragma once

#include "actors/session/stream_life.hpp"
#include "config/settings.hpp"
#include "runtime/destination/destination.hpp"
#include "schema/base/result.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/table_naming.hpp"
#include "sidecar/read_task.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// Everything about the streams that is known before the connector starts.
struct read_plan {
  catalog streams;
  naming_rules naming;
  std::vector<session_stream> sessions;
  /// The generation of each of these streams, as a number is written.
  std::vector<std::string> generations;
  /// The only columns of each of these streams that are delivered; empty: all.
  std::vector<std::vector<std::string>> columns;
  /// For the task's log.
  std::vector<std::string> remarks;
  /// The connector was given one state for all streams.
  bool whole_state_given = false;
};

/// Reads catalog and state, and gives each stream its table and its first mode.
/// @returns why the read cannot begin, e.g. two streams of one table.
result<read_plan> make_read_plan(const sidecar_settings& settings,
                                 const connector_files& files);

/// Asks the destination about the tables of all streams, before any row goes
/// out.
/// @returns invalid_argument, naming all that it would refuse, and streams that
/// would share a table there, one a line.
result<void> check_tables(const destination& where, const read_plan& plan);

} // namespace motorcade
