#pragma once

#include "runtime/http/client/api_client.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Where keys of Amazon come from. The first of these that is set counts: keys,
/// web identity, container, instance. An empty text is one that is not set.
struct aws_login {
  /// Keys that were given; their region holds for all.
  aws_keys keys;
  /// A role that is taken by a web identity, as Pods of EKS have it: the role's
  /// ARN, a name for the session, and the file of the token, which is read each
  /// time since its content changes.
  std::string role_arn;
  std::string role_session = "motorcade";
  std::string token_file;
  /// `http(s)://…` of the security token service; empty: Amazon's of the
  /// region.
  std::string sts_url;
  /// Where a container of ECS or EKS asks for its keys, and the value of the
  /// header `Authorization` for it, or the file that it stands in.
  std::string container_url;
  std::string container_token;
  std::string container_token_file;
  /// `http://…` of the instance metadata service (IMDSv2); empty: not asked.
  std::string metadata_url = "http://169.254.169.254";
};

/// Gets keys to sign with; asks at most three times over the network.
/// @param limits Its times and `go_on` hold for each call; the rest is unused.
/// @returns invalid_argument if a file cannot be read or a role is refused;
/// service_unavailable if keys cannot be had now; cancelled as the client says.
/// No text holds a key.
result<aws_keys> get_aws_keys(const aws_login& login, api_client& client,
                              const api_request& limits);

} // namespace motorcade
