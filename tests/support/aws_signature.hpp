#pragma once

#include <map>
#include <string>

namespace motorcade::test {

/// A request as Amazon's Signature Version 4 sees it.
struct signed_request {
  std::string method;
  /// With its query, as it was sent.
  std::string target;
  /// Names in lower case.
  std::map<std::string, std::string> headers;
  /// The SHA-256 of the body as hexadecimal digits.
  std::string body_sha256;
};

/// @returns the right signature for a call to S3 as hexadecimal digits; reads
/// signed headers, date and region from the request's `authorization`. Throws
/// std::runtime_error or std::out_of_range if something of it is missing.
std::string aws_signature(const signed_request& request,
                          const std::string& secret);

/// @returns what follows `name=` in an `authorization`, up to a comma.
std::string part_of_authorization(const std::string& authorization,
                                  const std::string& name);

std::string sha256_digits(const std::string& text);

} // namespace motorcade::test
