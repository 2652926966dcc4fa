#pragma once

#include <string>
#include <string_view>

namespace motorcade {

/// Writes a JSON document so that documents of the same content become the same
/// text: members in the order of their names, no white space, of equal names
/// the last one, and numbers by their value (`1e2` as `100`, in full
/// precision). What Postgres makes of a document as jsonb stays the same
/// document.
/// @param json Valid JSON.
std::string canonical_json(std::string_view json);

} // namespace motorcade
