#include "runtime/destination/object_storage/object_trouble.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/base/xml_text.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

/// Codes of refusals that may pass, whatever their status is. The last four are
/// of requests that were broken or ended on their way.
constexpr std::string_view passing[] = {
    "SlowDown",           "InternalError",
    "ServiceUnavailable", "RequestTimeout",
    "OperationAborted",   "ConditionalRequestConflict",
    "TooManyRequests",    "RequestLimitExceeded",
    "BadDigest",          "XAmzContentSHA256Mismatch",
    "IncompleteBody",     "NoSuchUpload"};

constexpr std::string_view another_region =
    "the bucket is in another region or at another endpoint";

/// Advice for people, by code.
constexpr std::pair<std::string_view, std::string_view> advices[] = {
    {"NoSuchBucket", "make the bucket, or mend its name or the endpoint"},
    {"AccessDenied",
     "the key needs s3:PutObject and s3:AbortMultipartUpload for the folder, "
     "and for a check s3:DeleteObject"},
    {"AllAccessDisabled", "the bucket is closed to everyone; use another one"},
    {"AccountProblem", "see the account's page at the provider"},
    {"InvalidAccessKeyId",
     "the store knows no such key: mend accessKeyId (AWS_ACCESS_KEY_ID)"},
    {"SignatureDoesNotMatch",
     "the secret does not belong to the key: mend secretAccessKey "
     "(AWS_SECRET_ACCESS_KEY), or take away a proxy that changes requests"},
    {"RequestTimeTooSkewed", "set this machine's clock"},
    {"ExpiredToken", "give a new key and session token (AWS_SESSION_TOKEN)"},
    {"InvalidToken", "mend the session token (AWS_SESSION_TOKEN)"},
    {"PermanentRedirect", another_region},
    {"TemporaryRedirect", another_region},
    {"AuthorizationHeaderMalformed", another_region},
    {"IllegalLocationConstraintException", another_region},
    {"KeyTooLongError", "shorten folder, namespace or table: a name has 1,024 "
                        "bytes at most"},
    {"NotImplemented", "the store does not speak all of S3's protocol"},
    {"EntityTooLarge", "the object is larger than the store allows; choose "
                       "compression, or sync incrementally"},
};

/// @returns where the bucket is, if the server says it.
std::string told_place(std::string_view body) {
  const auto region = xml_value(body, "Region");
  const auto endpoint = xml_value(body, "Endpoint");
  constexpr size_t longest = 200;
  if (!region.empty())
    return ": set region to " + excerpt(region, longest);
  if (!endpoint.empty())
    return ": it is reached at " + excerpt(endpoint, longest);
  return ": mend region and endpoint";
}

std::string advice_for(const std::string& code, const object_refusal& refusal) {
  for (const auto& [name, advice] : advices)
    if (code == name)
      return std::string{advice}
             + (advice == another_region ? told_place(refusal.body) : "");
  if (!code.empty())
    return {};
  if (refusal.status == 301 || refusal.status == 307)
    return std::string{another_region} + told_place(refusal.body);
  return refusal.status == 403 || refusal.status == 401
             ? "mend the key"
             : "is this the address of a store that speaks S3's protocol?";
}

} // namespace

std::string code_of_refusal(std::string_view body) {
  const auto errors = xml_elements(body, "Error");
  return errors.empty() ? std::string{} : xml_value(errors.front(), "Code");
}

failure to_failure(const object_refusal& refusal) {
  constexpr size_t longest_code = 80;
  constexpr size_t longest_words = 300;
  const auto code = code_of_refusal(refusal.body);
  const auto passes = std::find(std::begin(passing), std::end(passing), code)
                          != std::end(passing)
                      || refusal.status == 408 || refusal.status == 429
                      || (refusal.status >= 500 && refusal.status != 501
                          && refusal.status != 505);
  auto text = refusal.place + " at " + refusal.host + ": ";
  if (const auto words = xml_value(refusal.body, "Message"); !words.empty())
    text += excerpt(words, longest_words) + ' ';
  text += '(';
  if (!code.empty())
    text += excerpt(code, longest_code) + ", ";
  text += "HTTP " + std::to_string(refusal.status) + ')';
  if (const auto advice = passes ? std::string{} : advice_for(code, refusal);
      !advice.empty())
    text += "; " + advice;
  return {passes ? ec::destination_unavailable : ec::destination_rejected,
          std::move(text)};
}

} // namespace motorcade
