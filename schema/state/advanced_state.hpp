#pragma once

#include "schema/catalog/catalog.hpp"
#include "schema/state/connector_state.hpp"
#include "schema/state/state_chains.hpp"
#include "schema/state/state_note.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A state that was given, with newer parts in it.
struct advanced_state {
  /// For the connector.
  std::string json;
  /// Its newer parts, to be saved.
  std::vector<saved_state> newer;
};

/// @param given The parts of the state, as `split_state` returns them.
/// @returns the fingerprint of the state from which states of that key go on;
/// nothing: there is none, and the rows replace the table.
std::optional<std::string> start_of(std::span<const saved_state> given,
                                    const std::string& key,
                                    const state_fingerprints& prints);

/// Finds out whether an earlier run ended between the commit of its rows and
/// the saving of their state: a note then says that the given state was
/// followed by another one, whose rows are committed.
/// @param given A state that `parse_state` takes; empty: none.
/// @param notes What the destination kept of that run.
/// @returns nothing if the given state is no link of a chain, or its last one.
std::optional<advanced_state> advance_state(std::string_view given,
                                            const catalog& streams,
                                            const state_fingerprints& prints,
                                            std::span<const state_note> notes);

} // namespace motorcade
