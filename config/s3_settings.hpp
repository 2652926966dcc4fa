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

  friend bool operator==(const s3_settings&, const s3_settings&) = default;
};

/// Takes the login from the environment; what is wrong is noted in `in`.
/// @param user The setting that names an object of S3, so that a key is
/// needed; empty: none does.
s3_settings read_s3_settings(settings_reader& in, std::string_view user);

} // namespace motorcade
