#pragma once

#include <string>
#include <string_view>

namespace motorcade {

/// @returns the description of the controller's HTTP API: an OpenAPI 3.1
/// document, JSON. It is made of `openapi_yaml` once.
const std::string& openapi_document();

/// @returns openapi.yaml as it was when the program was built.
std::string_view openapi_yaml();

} // namespace motorcade
