#pragma once

#include "controller/api/api.hpp"
#include "runtime/base/text.hpp"
#include "support/fake_control_service.hpp"
#include "support/fake_sync_service.hpp"
#include "support/fake_table_service.hpp"
#include "support/log_capture.hpp"
#include "support/raw_client.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace motorcade::test {

/// The controller's API on a real port, with nothing behind it.
struct control_api_world {
  explicit control_api_world(const std::string& tokens = {},
                             const std::string& secret = {},
                             http_server_settings settings = {},
                             exposure open_to = exposure::machine)
      : api{service, &syncs,
            &tables, *auth_tokens::read(tokens, secret),
            open_to, std::chrono::milliseconds{1}} {
    settings.host = "127.0.0.1";
    settings.logged = controller_api::harmless_parameters();
    auto started = http_server::start(settings, api.handlers());
    REQUIRE(started);
    server = std::move(*started);
  }

  raw_client connect() const { return raw_client{server->port()}; }

  raw_answer ask(std::string_view method, std::string_view target,
                 std::string_view body = {},
                 std::string_view headers = {}) const {
    auto client = connect();
    auto answer = client.ask(request_text(method, target, headers, body));
    REQUIRE(answer);
    CHECK(answer->whole);
    CHECK(answer->headers.contains("x-request-id"));
    if (answer->status >= 400)
      check_error(*answer);
    return *answer;
  }

  raw_answer get(std::string_view target) const { return ask("GET", target); }

  /// Checks what all errors have.
  static void check_error(const raw_answer& answer) {
    CHECK(answer.headers.at("content-type") == "application/json");
    auto body = nlohmann::json::parse(answer.body);
    if (body.contains("status")) {
      CHECK(body.at("status") == "fail");
      CHECK(body.at("reason").is_string());
    } else {
      CHECK(body.at("ok") == false);
      CHECK_FALSE(body.at("error").get<std::string>().empty());
      CHECK_FALSE(body.at("code").get<std::string>().empty());
    }
    auto later = answer.status == 429 || answer.status == 503;
    CHECK(answer.headers.contains("retry-after") == later);
    CHECK(answer.headers.contains("www-authenticate")
          == (answer.status == 401));
    CHECK(answer.headers.contains("allow") == (answer.status == 405));
  }

  log_capture log;
  fake_control_service service;
  fake_sync_service syncs;
  fake_table_service tables;
  controller_api api;
  std::unique_ptr<http_server> server;
};

/// @returns the answer's body as JSON.
inline nlohmann::json json_of(const raw_answer& answer) {
  return nlohmann::json::parse(answer.body);
}

/// @returns the `error` of an answer.
inline std::string error_of(const raw_answer& answer) {
  return json_of(answer).at("error");
}

} // namespace motorcade::test
