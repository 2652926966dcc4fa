#pragma once

#include "runtime/base/clock.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A message to a webhook.
struct webhook_message {
  std::string url;
  /// Signs the message; empty: it is not signed.
  std::string secret;
  /// Whether it is for Slack's incoming webhooks.
  bool slack = false;
  /// The message's id, the same for each attempt to send it.
  std::string id;
  /// JSON with a member `text`.
  std::string body;
};

/// @returns what is sent: the body itself, or for Slack one that holds its
/// `text` alone.
std::string webhook_body(const webhook_message& message);

/// @returns the host and port that the message goes to, which may be shown.
std::string place_of(const webhook_message& message);

/// @returns the headers of a message, as Standard Webhooks has them:
/// `webhook-id`, `webhook-timestamp` (seconds) and, if there is a secret,
/// `webhook-signature`: `v1,` and the base64 of the HMAC-SHA256 of
/// `id.timestamp.body`. The key is what follows `whsec_`, in base64, or the
/// secret itself.
std::vector<std::string> webhook_headers(const webhook_message& message,
                                         std::string_view body, wall_time now);

} // namespace motorcade
