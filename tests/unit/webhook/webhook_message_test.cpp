#include "runtime/webhook/webhook_message.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>

using namespace motorcade;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

std::string header(const strings& all, const std::string& name) {
  for (const auto& one : all)
    if (one.starts_with(name + ": "))
      return one.substr(name.size() + 2);
  return {};
}

} // namespace

TEST_CASE("a message is signed as Standard Webhooks has it") {
  // Computed with python3's hmac: HMAC-SHA256 of "msg_1.1700000000.{}".
  const wall_time now{std::chrono::seconds{1'700'000'000}};
  webhook_message message;
  message.id = "msg_1";
  message.body = "{}";
  message.secret = "whsec_aGVsbG8td29ybGQ=";
  const auto headers = webhook_headers(message, "{}", now + 900ms);
  CHECK(header(headers, "webhook-id") == "msg_1");
  CHECK(header(headers, "webhook-timestamp") == "1700000000");
  CHECK(header(headers, "webhook-signature")
        == "v1,aFzDdgJP04HGWM6yyO0guyeqTinYeGMUhq9XRQBtl3U=");
  // The key itself, of whoever has none in base64.
  message.secret = "hello-world";
  CHECK(webhook_headers(message, "{}", now) == headers);
  message.secret.clear();
  CHECK(
      header(webhook_headers(message, "{}", now), "webhook-signature").empty());
}

TEST_CASE("Slack gets a text without markup") {
  webhook_message message;
  message.body =
      R"({"type":"sync.failed","text":"Sync <a&b> failed: \"x\"","error":"y"})";
  CHECK(webhook_body(message) == message.body);
  message.slack = true;
  CHECK(webhook_body(message)
        == R"({"text":"Sync &lt;a&amp;b&gt; failed: \"x\""})");
}
