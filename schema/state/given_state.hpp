#pragma once

#include "schema/base/result.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/state/connector_state.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A state from a user or a caller, in the form that the connector is given.
struct given_state {
  /// JSON; `{}` if there is no state.
  std::string json;
  /// The changes that were made, in words, for the log.
  std::vector<std::string> changes;
};

/// Checks a state and makes it fit for a connector, so that connector and
/// sidecar see the same: one message alone becomes an array, which most
/// connectors want, and a descriptor that calls a stream of the catalog by its
/// key (`{"name":"public.users"}`) gets its namespace. Every other byte stays.
/// @returns invalid_argument as `parse_state`.
result<given_state> fit_state(std::string_view json, const catalog& configured);

/// @returns a warning for each stream that the state names and the catalog does
/// not hold, with the stream that was probably meant.
std::vector<std::string> unknown_streams_of(const connector_state& state,
                                            const catalog& configured);

/// Makes a state of all that a sync has saved, for which no catalog is known:
/// what `make_state_file` makes, with every stream. A key is all that is known
/// of a stream, so it stands as the name in its descriptor; `fit_state` finds
/// the namespace.
std::string make_whole_state(std::span<const saved_state> saved);

} // namespace motorcade
