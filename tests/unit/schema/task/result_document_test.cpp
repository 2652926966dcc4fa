#include "schema/task/result_document.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace motorcade;
using nlohmann::json;

TEST_CASE(
    "a result document holds the answer as it came, or why there is none") {
  failure_reason reason;
  reason.message = "no host";
  auto spec = R"({"b":1.50,"a":{}})";
  CHECK(make_result_document(inquiry::spec, spec, nullptr, false)
        == R"({"outputType":"spec","spec":{"b":1.50,"a":{}},)"
           R"("connectorConfigurationUpdated":false})");
  auto none =
      json::parse(make_result_document(inquiry::discover, "", &reason, true));
  CHECK(none["outputType"] == "discoverCatalog");
  CHECK_FALSE(none.contains("catalog"));
  CHECK(none["connectorConfigurationUpdated"] == true);
  CHECK(none["failureReason"]["externalMessage"] == "no host");
}

TEST_CASE("a check's document spells its status as the platform does") {
  failure_reason reason;
  reason.message = "no host";
  auto good = json::parse(make_result_document(
      inquiry::check, R"({"status":"SUCCEEDED"})", nullptr, false));
  CHECK(good["checkConnection"] == json{{"status", "succeeded"}});
  auto bad = json::parse(make_result_document(
      inquiry::check, R"({"status":"FAILED","message":"wrong key"})", &reason,
      false));
  CHECK(bad["checkConnection"]
        == json{{"status", "failed"}, {"message", "wrong key"}});
  auto none =
      json::parse(make_result_document(inquiry::check, "", &reason, false));
  CHECK(none["checkConnection"]
        == json{{"status", "failed"}, {"message", "no host"}});
}

TEST_CASE("a read's document lists its streams") {
  std::vector<stream_summary> streams(1);
  streams[0].key = "users";
  streams[0].events = 3;
  streams[0].status = stream_status::success;
  auto document = json::parse(
      make_result_document(task_status::success, streams, nullptr, false));
  CHECK(document["outputType"] == "replicate");
  CHECK(document["status"] == "SUCCESS");
  CHECK(document["streams"]["users"]["events"] == 3);
  CHECK_FALSE(document.contains("failureReason"));
}
