#pragma once

#include <string>

namespace motorcade {

/// Keys for Amazon's Signature Version 4, as S3 and servers that speak its
/// protocol need it.
struct aws_keys {
  std::string access_key_id;
  /// Secret.
  std::string secret_access_key;
  /// Secret; empty: none.
  std::string session_token;
  std::string region = "us-east-1";
};

/// @param endpoint `http(s)://…` of a server, whose buckets are folders below
/// it; empty: Amazon's, which has the bucket's name in that of the host, or a
/// folder if the name has a dot, which no certificate covers.
/// @returns the URL of a bucket, without a slash at its end.
std::string bucket_url(std::string endpoint, const std::string& region,
                       const std::string& bucket);

} // namespace motorcade
