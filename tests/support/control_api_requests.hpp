#pragma once

#include "support/control_api_world.hpp"

#include <catch2/catch_all.hpp>

#include <string>

// Requests of the controller's HTTP API, and how their refusals are checked.
namespace motorcade::test {

inline const std::string image = "package=airbyte/source-faker&version=6.2.1";
inline const std::string to_check = "/check?storageKey=k&" + image;
inline const std::string to_discover = "/discover?storageKey=k&" + image;
inline const std::string to_read = "/read?syncId=s&taskId=t&" + image;
inline const std::string config_body = R"({"config":{}})";
inline const std::string read_body =
    R"({"config":{},"catalog":{"streams":[{"stream":{"name":"users"},)"
    R"("sync_mode":"incremental"}]}})";

inline const nlohmann::json accepted{{"ok", true}, {"status", "ok"}};

/// A refusal and why.
struct refused_case {
  std::string method;
  std::string target;
  std::string body;
  int status;
  /// What the error must say.
  std::string error;
};

/// Asks, and expects the refusal, and that the service was not asked.
inline void check_refused(control_api_world& at, const refused_case& one) {
  INFO(one.method << ' ' << one.target.substr(0, 200) << ' '
                  << one.body.substr(0, 200));
  auto answer = at.ask(one.method, one.target, one.body);
  CHECK(answer.status == one.status);
  CHECK_THAT(error_of(answer), Catch::Matchers::ContainsSubstring(one.error));
  CHECK(at.service.started().empty());
  CHECK(at.service.cancelled().empty());
}

} // namespace motorcade::test
