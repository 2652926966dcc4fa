#pragma once

#include "runtime/http/client/api_client.hpp"

#include <string>
#include <utility>

namespace motorcade {

/// @returns whether a call that was answered so may succeed later: the server
/// was too slow, too early or too busy, or has broken down.
inline bool may_pass_later(long status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

/// @returns a call with the times and the `go_on` of another one.
inline api_request make_call_within(const api_request& limits,
                                    std::string method, std::string url) {
  api_request out;
  out.method = std::move(method);
  out.url = std::move(url);
  out.connect_timeout = limits.connect_timeout;
  out.answer_timeout = limits.answer_timeout;
  out.go_on = limits.go_on;
  return out;
}

} // namespace motorcade
