#pragma once

#include "runtime/base/aws_login.hpp"
#include "runtime/http/client/api_client.hpp"
#include "schema/base/result.hpp"

namespace motorcade {

/// Gets keys to sign with; asks at most three times over the network.
/// @param limits Its times and `go_on` hold for each call; the rest is unused.
/// @returns invalid_argument if a file cannot be read or a role is refused;
/// service_unavailable if keys cannot be had now; cancelled as the client says.
/// No text holds a key.
result<aws_keys> get_aws_keys(const aws_login& login, api_client& client,
                              const api_request& limits);

} // namespace motorcade
