#pragma once

#include "controller/api/controller_service.hpp"
#include "runtime/http/server/http_server.hpp"

#include <optional>

namespace motorcade {

/// Checks a read's catalog and decides from which state the read starts: the
/// given one, made fit for the connector; the saved states (`continues`), which
/// are looked up when it starts; or none. A read without a state is allowed if
/// it reads everything anew (`full_sync`), or if no state is saved of the
/// catalog's streams. Otherwise it is refused, since it would replace tables.
/// @param task Its documents were taken; `state` is empty if none was given.
/// @returns the refusal: 400 for a document that cannot be used, 409 if the
/// request does not say whether the read goes on from the saved states.
std::optional<http_reply> settle_state(controller_service& service,
                                       task_request& task);

/// @returns all that a sync has saved as one document, in the shape that a read
/// takes; 413 if it takes more than `page_bytes`.
http_reply reply_whole_state(controller_service& service,
                             const std::string& sync_id);

} // namespace motorcade
