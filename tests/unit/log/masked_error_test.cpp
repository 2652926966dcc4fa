#include "runtime/log/stderr_log.hpp"

#include <catch2/catch_all.hpp>

#include <string>

using namespace motorcade;

namespace {

const std::string secret = "masked-error-s3cr3t-0123456789";

} // namespace

TEST_CASE("no text of an error shows a secret", "[secrets]") {
  keep_secret(secret);
  error_trace error;
  error.message = "bad " + secret;
  error.internal_message = "HTTP 401 for " + secret;
  error.stack_trace = "at " + secret;
  error.stream = stream_id{secret, secret};
  const auto masked = mask_secrets(to_failure_reason(error));
  for (const auto& text :
       {to_text(masked), to_log_text(masked), to_json(masked, true)}) {
    INFO(text);
    CHECK(text.find("s3cr3t") == std::string::npos);
    CHECK(text.find("***") != std::string::npos);
  }
}

TEST_CASE("a secret across the cut of an error is not shown", "[secrets]") {
  keep_secret(secret);
  // The middle is cut, so that a secret may stand at either edge of what stays.
  for (size_t before = 0; before <= 2 * longest_failure_message;
       before += secret.size() / 2) {
    error_trace error;
    error.message = std::string(before, 'a') + secret
                    + std::string(2 * longest_failure_message - before, 'b');
    const auto text = to_text(to_failure_reason(mask_secrets(error)));
    INFO("behind " << before << " characters");
    CHECK(text.find("s3cr3t-") == std::string::npos);
    CHECK(text.find("masked-e") == std::string::npos);
    CHECK(text.find("456789") == std::string::npos);
  }
}
