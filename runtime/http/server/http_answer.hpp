#pragma once

#include "runtime/http/server/http_connection.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns the client's id for its request, X-Request-Id, if it is fit, or a
/// new one.
std::string request_id(const http_head& head);

/// @param parsed The decoded target; nothing if it cannot be decoded.
/// @param known Names of parameters whose values may be logged.
/// @returns the target as it may stand in the log: still encoded, other values
/// hidden.
std::string loggable(std::string_view target,
                     const std::optional<http_target>& parsed,
                     const std::set<std::string, std::less<>>& known);

/// @returns everything before the body of the connection's reply.
std::string answer_head(const http_connection& of);

/// Calls `f`. Logs the type of an exception and the request's id, never the
/// exception's text, which may quote the request.
/// @returns false if it threw.
bool survive(const std::string& id, const std::function<void()>& f);

} // namespace motorcade
