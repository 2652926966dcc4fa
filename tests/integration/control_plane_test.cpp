// Calls to a control plane, over real HTTP.

#include "support/control_plane_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("each call has its path, body and token") {
  control_plane_world at;
  control_plane plane{at.settings};
  CHECK(plane.tell_running()->status == 204);
  CHECK(plane.beat()->status == 204);
  CHECK(plane.report_success(at.wait()));
  failure_reason reason;
  reason.message = "it \"broke\"";
  CHECK(plane.report_failure(reason, at.wait()));
  CHECK(plane.write_output(R"({"a":1})", at.wait()));
  CHECK(at.server.lines()
        == strings{
            "PUT /api/v1/workload/running", "PUT /api/v1/workload/heartbeat",
            "PUT /api/v1/workload/success", "PUT /api/v1/workload/failure",
            "POST /api/v1/workload_output/write"});
  auto calls = at.server.calls();
  for (const auto& call : calls) {
    CHECK(call.headers.at("authorization") == "Bearer t0ken");
    CHECK(call.headers.at("content-type") == "application/json");
    CHECK(json::parse(call.body)["workloadId"] == "w-1");
  }
  CHECK(json::parse(calls[3].body)["source"] == "source");
  CHECK(json::parse(calls[3].body)["reason"] == "it \"broke\"");
  CHECK(json::parse(calls[4].body)["output"] == R"({"a":1})");
}

TEST_CASE("a report is repeated after failures that may pass") {
  control_plane_world at;
  control_plane plane{at.settings};
  int count = 0;
  at.server.answer(
      [&count](const api_call&) { return ++count < 4 ? 500 : 200; });
  CHECK(plane.report_success(at.wait()));
  CHECK(at.pauses == std::vector(3, 2000ms));
  // Six attempts in all.
  at.server.answer([](const api_call&) { return 503; });
  at.pauses.clear();
  auto failed = plane.report_success(at.wait());
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ec::service_unavailable);
  CHECK(failed.error().what.find("reporting the workload's success") == 0);
  CHECK(failed.error().what.find("HTTP 503") != std::string::npos);
  CHECK(at.pauses.size() == 5);
  // A final answer is not repeated.
  at.server.answer([](const api_call&) { return 404; });
  at.pauses.clear();
  CHECK_FALSE(plane.report_success(at.wait()));
  CHECK(at.pauses.empty());
}

TEST_CASE("a control plane that does not answer is given up") {
  control_plane_world at;
  at.server.answer([](const api_call&) { return api_stand_in::nothing; });
  SECTION("after its time") {
    auto& patience = at.settings.patience;
    patience.connect_timeout = patience.answer_timeout = 50ms;
    patience.most_retries = 1;
    control_plane plane{at.settings};
    auto failed = plane.report_success(at.wait());
    REQUIRE_FALSE(failed);
    CHECK(at.pauses.size() == 1);
  }
  SECTION("when somebody waits no longer") {
    control_plane plane{at.settings};
    // Told so while the call is under way.
    auto asked = std::make_shared<int>(0);
    auto failed = plane.report_success(
        [asked](std::chrono::milliseconds) { return ++*asked < 3; });
    REQUIRE_FALSE(failed);
    CHECK(at.server.lines().size() <= 1);
  }
  SECTION("when it is cancelled") {
    control_plane plane{at.settings};
    std::thread other{[&] {
      at.server.await("PUT /api/v1/workload/heartbeat");
      plane.cancel();
    }};
    auto answer = plane.beat();
    other.join();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ec::cancelled);
    CHECK(plane.beat().error().code == ec::cancelled);
  }
}

TEST_CASE("the receiver's URL is named without its secret") {
  control_plane_world at;
  at.settings.workload_api = "http://user:s3cret@127.0.0.1:1";
  at.settings.patience.most_retries = 0;
  control_plane plane{at.settings};
  auto answer = plane.beat();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().what.find("127.0.0.1:1") == 0);
  CHECK(answer.error().what.find("s3cret") == std::string::npos);
}
