#pragma once

#include <string_view>

namespace motorcade {

/// @returns the shapes of all bodies that the HTTP API takes and answers: the
/// member `components.schemas` of its description, JSON.
std::string_view openapi_schemas();

} // namespace motorcade
