#pragma once

#include "schema/json_outline.hpp"

#include <optional>
#include <string>
#include <string_view>

// People hand us documents that look like what we take and are something else:
// copied from Airbyte's page, from its API, out of a log, out of our tables.
// Read as ours they would seem to say nothing, and "no state" replaces tables.
// So each shape that is known is told by name.
namespace motorcade {

/// A document, or a part of one, that is none of those that we take.
struct foreign_shape {
  /// Where it is, e.g. `state[0].streamDescriptor`.
  std::string place;
  /// What it is, and what to do, in words.
  std::string what;
};

/// @returns what is wrong with a text before it is read as JSON: a byte order
/// mark, UTF-16, or several documents, one a line. Nothing where none of this.
std::optional<std::string> find_foreign_encoding(std::string_view text);

/// Finds in a state what is no AirbyteStateMessage and no state of the
/// connector's own (LEGACY), which may have any members but those of Airbyte's
/// API and of our tables.
/// @param document Kept at least six arrays and objects deep.
std::optional<foreign_shape> find_foreign_state(const json_value& document);

/// Finds in a catalog what is no ConfiguredAirbyteCatalog. Members that nobody
/// knows are legal beside those that are known.
/// @param document Kept at least four arrays and objects deep.
std::optional<foreign_shape> find_foreign_catalog(const json_value& document);

/// @returns whether the object is an AirbyteStateMessage: it has a type, and
/// the member that this type calls for.
bool is_state_message(const json_value& object);

} // namespace motorcade
