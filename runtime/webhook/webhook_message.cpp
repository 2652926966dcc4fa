#include "runtime/webhook/webhook_message.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/http/client/api_client.hpp"
#include "schema/base/base64.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>

namespace motorcade {

namespace {

constexpr std::string_view key_prefix = "whsec_";

std::string key_of(const std::string& secret) {
  if (secret.starts_with(key_prefix))
    if (auto key = from_base64(secret.substr(key_prefix.size())))
      return std::move(*key);
  return secret;
}

/// @returns the text with Slack's markup escaped.
std::string escape_for_slack(const std::string& text) {
  std::string out;
  for (const auto c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

} // namespace

std::string webhook_body(const webhook_message& message) {
  if (!message.slack)
    return message.body;
  const auto tree = nlohmann::json::parse(message.body, nullptr, false);
  return write_json(
      nlohmann::json{{"text", escape_for_slack(text_at(tree, "text"))}});
}

std::string place_of(const webhook_message& message) {
  return host_of(message.url);
}

std::vector<std::string> webhook_headers(const webhook_message& message,
                                         std::string_view body, wall_time now) {
  const auto seconds = std::to_string(
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  std::vector<std::string> out{
      "Content-Type: application/json", "User-Agent: motorcade",
      "webhook-id: " + message.id, "webhook-timestamp: " + seconds};
  if (!message.secret.empty())
    out.push_back("webhook-signature: v1,"
                  + to_base64(hmac_sha256(key_of(message.secret),
                                          message.id + '.' + seconds + '.'
                                              + std::string{body})));
  return out;
}

} // namespace motorcade
