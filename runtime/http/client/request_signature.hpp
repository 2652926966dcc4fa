#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/http/client/api_client.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// Signs a call by Amazon's Signature Version 4, for the service `s3`. The
/// method, the URL as it is written, and all headers are signed. libcurl's own
/// signature differs from release to release: 8.14 signs a `%2B` of a query as
/// a blank, and servers refuse that.
/// @param request Has `sign`. Headers `Host` and `x-amz-date` that it has stay.
/// @param body_sha256 64 hexadecimal digits.
/// @returns the request's headers, and behind them those that sign it.
std::vector<std::string> signed_headers(const api_request& request,
                                        const std::string& body_sha256,
                                        wall_time now);

} // namespace motorcade
