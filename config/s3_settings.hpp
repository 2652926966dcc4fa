#pragma once

#include "config/settings_reader.hpp"

#include <string>

namespace motorcade {

/// The login of an object storage that speaks S3's protocol. An empty text is
/// one that was not set.
struct s3_settings {
  /// AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL; empty: Amazon's.
  std::string endpoint;
  /// AWS_REGION or AWS_DEFAULT_REGION.
  std::string region = "us-east-1";
  /// AWS_ACCESS_KEY_ID.
  std::string access_key_id;
  /// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN. Secret.
  std::string secret_access_key;
  std::string session_token;
  /// AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME, AWS_WEB_IDENTITY_TOKEN_FILE: a role,
  /// as EKS gives it to a Pod.
  std::string role_arn;
  std::string role_session = "motorcade";
  std::string token_file;
  /// AWS_ENDPOINT_URL_STS; empty: Amazon's.
  std::string sts_url;
  /// AWS_CONTAINER_CREDENTIALS_FULL_URI, or the URL that
  /// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI means; empty: not in ECS or EKS.
  std::string container_url;
  /// AWS_CONTAINER_AUTHORIZATION_TOKEN, _TOKEN_FILE. The first is secret.
  std::string container_token;
  std::string container_token_file;
  /// AWS_EC2_METADATA_SERVICE_ENDPOINT; empty if AWS_EC2_METADATA_DISABLED.
  std::string metadata_url = "http://169.254.169.254";

  friend bool operator==(const s3_settings&, const s3_settings&) = default;
};

/// Takes the login from the environment; what is wrong is noted in `in`.
/// @param user The setting that names an object of S3, so that a key is
/// needed; empty: none does.
s3_settings read_s3_settings(settings_reader& in, std::string_view user);

} // namespace motorcade
