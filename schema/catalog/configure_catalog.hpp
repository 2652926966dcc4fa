#pragma once

#include "schema/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Makes a ConfiguredAirbyteCatalog of the AirbyteCatalog that a discover
/// answered. A stream that can be read incrementally without further settings
/// is read so; it is merged by its primary key if it has one, and appended
/// otherwise. Every other stream is read whole and replaces its table. The
/// streams themselves stay byte for byte.
/// @param catalog Valid JSON.
/// @param selected Keys of streams, `namespace.name` or `name`; empty: all.
/// @returns invalid_catalog if there is no stream, one has no name, or a
/// read would refuse the outcome, e.g. since two have the same key,
/// invalid_argument for a key that the catalog does not hold, with those that
/// it holds.
result<std::string> configure_catalog(std::string_view catalog,
                                      const std::vector<std::string>& selected);

/// @returns the reasons for which a read of all discovered streams would be
/// refused, a sentence each: a stream that is there twice, two that would share
/// a table.
/// @param catalog Valid JSON.
std::vector<std::string> faults_of_discovered(std::string_view catalog);

} // namespace motorcade
