#pragma once

#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// What a run of a sync reads.
struct run_catalog {
  /// A ConfiguredAirbyteCatalog, JSON.
  std::string json;
  /// Chosen streams that the source announces no more, `namespace.name`.
  std::vector<std::string> gone;
};

/// Makes the catalog of a run of what a discover answered: of all streams as
/// `configure_catalog`, or of the chosen ones, each with its own mode, cursor,
/// key and columns where these were chosen.
/// @param discovered An AirbyteCatalog, JSON.
/// @returns as `configure_catalog`; invalid_argument also if a chosen stream
/// cannot be read in the mode chosen, or lacks a column that was chosen.
result<run_catalog> make_run_catalog(std::string_view discovered,
                                     const sync_definition& sync);

/// @returns why a run cannot read chosen streams that the source does not have:
/// their names, the name that was probably meant, and what there is.
/// @param unknown Keys, `namespace.name`; not empty.
/// @param discovered An AirbyteCatalog, JSON.
std::string describe_unknown_streams(const std::vector<std::string>& unknown,
                                     std::string_view discovered);

/// @returns why a run has nothing to read: the streams that are gone from the
/// source, what it has instead, and what to do.
/// @param gone Keys, `namespace.name`; empty: none was there to be read.
/// @param discovered An AirbyteCatalog, JSON.
std::string describe_gone_streams(const std::vector<std::string>& gone,
                                  std::string_view discovered);

} // namespace motorcade
