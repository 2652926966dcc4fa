#pragma once

#include "runtime/http/server/http_server.hpp"
#include "runtime/task/task_request.hpp"

#include <optional>
#include <string_view>

namespace motorcade {

/// @returns the answer 400 to a body that is no JSON object, which names
/// positions and shows nothing of the content; nothing: it is one.
std::optional<http_reply> check_object_body(std::string_view body);

/// Takes the documents out of a request's body, each exactly as it was written,
/// and puts them into the task: `config`; for a check `destinationConfig`, too;
/// for a read also `catalog` and `state`. A null member counts as not given.
/// @returns the answer 400 if the body is malformed. It names members and
/// positions, and shows nothing of the content.
std::optional<http_reply> take_documents(std::string_view body,
                                         task_request& task);

} // namespace motorcade
