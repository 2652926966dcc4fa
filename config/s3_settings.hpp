#pragma once

#include "config/settings_reader.hpp"
#include "runtime/base/aws_login.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// An object storage that speaks S3's protocol, and the login to it.
struct s3_settings {
  /// AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL; empty: Amazon's.
  std::string endpoint;
  aws_login login;

  friend bool operator==(const s3_settings&, const s3_settings&) = default;
};

/// Reads Amazon's variables; reports faulty ones to `in`.
/// @param user The setting that names an object of S3, so that a key is
/// needed; empty: no setting does.
s3_settings read_s3_settings(settings_reader& in, std::string_view user);

} // namespace motorcade
