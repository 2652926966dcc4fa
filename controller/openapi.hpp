#pragma once

#include <string>

namespace motorcade {

/// @returns the description of the controller's HTTP API: an OpenAPI 3.1
/// document, JSON.
const std::string& openapi_document();

} // namespace motorcade
