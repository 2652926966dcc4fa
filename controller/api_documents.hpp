#pragma once

#include "runtime/http/server/http_server.hpp"
#include "runtime/task/task_request.hpp"

#include <optional>
#include <string_view>

namespace motorcade {

/// The deepest nesting of a request's body.
constexpr size_t max_body_depth = 500;

/// @returns whether arrays and objects lie deeper within each other than that;
/// the text need not be JSON.
bool nests_deeper(std::string_view json, size_t depth);

/// Takes the documents out of a request's body, each exactly as it was written,
/// and puts them into the task: `config`, and for a read `catalog`, `state` and
/// `destinationConfig`. What is null was not given.
/// @returns the answer where the body is not as it must be, 400. It names
/// members and positions, and nothing of what the body holds.
std::optional<http_reply> take_documents(std::string_view body,
                                         task_request& task);

} // namespace motorcade
