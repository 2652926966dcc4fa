#pragma once

#include "controller/api/controller_service.hpp"
#include "runtime/http/server/http_server.hpp"

#include <optional>

namespace motorcade {

/// Checks a read's catalog and settles from which state it starts: the one
/// given, made fit for the connector; what is saved (`continues`), looked up
/// when it starts; or none. A read without a state is allowed if everything is
/// read anew (`full_sync`), or if nothing is saved that the catalog's streams
/// would go on from; otherwise it is refused, since it would replace tables.
/// @param task Its documents were taken; `state` is empty if none was given.
/// @returns the refusal: 400 for a document that is none, 409 if it is not
/// said whether to go on.
std::optional<http_reply> settle_state(controller_service& service,
                                       task_request& task);

/// @returns all that a sync has saved as one document, in the shape that a read
/// takes; 413 if it takes more than `page_bytes`.
http_reply reply_whole_state(controller_service& service,
                             const std::string& sync_id);

} // namespace motorcade
