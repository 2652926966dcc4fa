#pragma once

#include <string>

namespace motorcade {

/// How requests to Amazon, or to a server that speaks its protocol, log in. Of
/// keys, web identity, container and instance the first counts that is set. An
/// empty text was not set.
struct aws_login {
  /// AWS_REGION or AWS_DEFAULT_REGION; holds for all of them.
  std::string region = "us-east-1";
  /// AWS_ACCESS_KEY_ID.
  std::string access_key_id;
  /// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. Secret.
  std::string secret_access_key;
  std::string session_token;
  /// AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME, AWS_WEB_IDENTITY_TOKEN_FILE: a role
  /// that is taken by a web identity, as a Pod of EKS has it, a name for the
  /// session, and the file of the identity's token, which changes now and then.
  std::string role_arn;
  std::string role_session = "motorcade";
  std::string token_file;
  /// AWS_ENDPOINT_URL_STS: `http(s)://…` of the security token service; empty:
  /// Amazon's of the region.
  std::string sts_url;
  /// AWS_CONTAINER_CREDENTIALS_FULL_URI, or the URL that
  /// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI means: where a container of ECS or
  /// EKS asks for its keys; empty: it is in neither.
  std::string container_url;
  /// AWS_CONTAINER_AUTHORIZATION_TOKEN, _TOKEN_FILE: the value of the header
  /// `Authorization` for it, which is secret, or the file that holds it.
  std::string container_token;
  std::string container_token_file;
  /// AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://…` of the instance metadata
  /// service (IMDSv2); empty if AWS_EC2_METADATA_DISABLED: it is not asked.
  std::string metadata_url = "http://169.254.169.254";

  friend bool operator==(const aws_login&, const aws_login&) = default;
};

} // namespace motorcade
