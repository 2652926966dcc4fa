#pragma once

#include "schema/json/json_outline.hpp"

#include <optional>
#include <string>
#include <string_view>

// Users give documents that look like a state or a catalog and have another
// shape: copied from Airbyte's page, from its API, out of a log, out of our
// tables. Read as ours they would seem to be empty, and "no state" replaces
// tables. So each known foreign shape is refused by name.
namespace motorcade {

/// A document, or a part of one, whose shape is known and not ours.
struct foreign_shape {
  /// The place in the document, e.g. `state[0].streamDescriptor`.
  std::string place;
  /// What the document is, and what to do, in words.
  std::string what;
};

/// @returns what is wrong with a text before it is read as JSON: a byte order
/// mark, UTF-16, or several documents, one a line. Nothing if none of this.
std::optional<std::string> find_foreign_encoding(std::string_view text);

/// Finds in a state what is no AirbyteStateMessage and no state of the
/// connector's own (LEGACY), which may have any members but those of Airbyte's
/// API and of our tables.
/// @param document Kept at least six arrays and objects deep.
std::optional<foreign_shape> find_foreign_state(const json_value& document);

/// Finds in a catalog what is no ConfiguredAirbyteCatalog. Unknown members are
/// legal beside known ones.
/// @param document Kept at least four arrays and objects deep.
std::optional<foreign_shape> find_foreign_catalog(const json_value& document);

/// @returns whether the object is an AirbyteStateMessage: it has a type, and
/// the member that this type calls for.
bool is_state_message(const json_value& object);

} // namespace motorcade
