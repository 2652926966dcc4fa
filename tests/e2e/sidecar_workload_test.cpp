// A control plane beside the sidecar: heartbeats, reports, result documents.

#include "support/api_stand_in.hpp"
#include "support/holds.hpp"
#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>

using namespace motorcade::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

const std::string running = "PUT /api/v1/workload/running";
const std::string heartbeat = "PUT /api/v1/workload/heartbeat";
const std::string success = "PUT /api/v1/workload/success";
const std::string failure_report = "PUT /api/v1/workload/failure";
const std::string good_line =
    R"({"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}})"
    "\n";

/// A sidecar whose control plane is a stand-in.
struct workload_world : sidecar_world {
  explicit workload_world(const std::string& what) {
    env["COMMAND"] = what;
    if (what != "read") {
      env["STORAGE_KEY"] = "the-key";
      env.erase("SYNC_ID");
      env.erase("BULKER_URL");
    }
    env["EXIT_CODE_FILE"] = folder.path("exit-code");
    env["WORKLOAD_API_HOST"] = plane.url();
    env["WORKLOAD_ID"] = "w-1";
    env["WORKLOAD_API_BEARER_TOKEN"] = "pl4ne-token";
    env["WORKLOAD_API_RETRY_DELAY_SECONDS"] = "0.01";
    env["WORKLOAD_OUTPUT"] = folder.path("out.json");
  }

  /// Sets the seconds between two heartbeats, of a read and of the others.
  void beat_each(const std::string& seconds) {
    env["WORKLOAD_HEARTBEAT_SECONDS"] = seconds;
    env["WORKLOAD_API_HEARTBEAT_INTERVAL_SECONDS"] = seconds;
  }

  json document() const {
    std::ifstream file{folder.path("out.json")};
    return json::parse(file);
  }

  /// @returns method and path of the last call.
  std::string last() const { return plane.lines().back(); }

  api_stand_in plane;
};

} // namespace

TEST_CASE("a check is reported to a control plane from its start to its end") {
  workload_world world{"check"};
  world.write_exit_code(0);
  world.env["INTERNAL_API_HOST"] = world.plane.url() + "/";
  world.start();
  // The sidecar may be over before the first call else.
  REQUIRE(world.plane.await(running));
  auto connector = world.connect();
  connector.out(good_line);
  connector.close();
  auto ended = world.finish();
  CHECK(ended.exit_code == 0);
  CHECK(world.plane.lines()
        == strings{running, "POST /api/v1/workload_output/write", success});
  for (const auto& call : world.plane.calls()) {
    CHECK(json::parse(call.body)["workloadId"] == "w-1");
    CHECK(call.headers.at("authorization") == "Bearer pl4ne-token");
  }
  auto document = world.document();
  CHECK(document["outputType"] == "checkConnection");
  CHECK(document["checkConnection"]["status"] == "succeeded");
  CHECK_FALSE(document.contains("failureReason"));
  auto written = json::parse(world.plane.calls()[1].body);
  CHECK(json::parse(written["output"].get<std::string>()) == document);
  CHECK_FALSE(holds(ended.err, "pl4ne-token"));
}

TEST_CASE(
    "a data plane asks for its token, and writes where it is looked for") {
  workload_world world{GENERATE(as<std::string>{}, "spec", "read")};
  world.env.erase("WORKLOAD_OUTPUT");
  world.env["CONTROL_PLANE_TOKEN_ENDPOINT"] = world.plane.url() + "/token";
  world.env["DATAPLANE_CLIENT_ID"] = "me";
  world.env["DATAPLANE_CLIENT_SECRET"] = "pl4ne-secret";
  world.env["STORAGE_TYPE"] = "LOCAL";
  world.env["STORAGE_LOCAL_ROOT"] = world.folder.path("storage");
  world.plane.answer_with([](const api_call& call) -> api_reply {
    return call.path == "/token" ? api_reply{200, R"({"access_token":"fresh"})"}
                                 : api_reply{204, {}};
  });
  world.write_exit_code(0);
  auto ended = world.play(
      world.env["COMMAND"] == "read"
          ? record_line("users", "{}")
          : R"({"type":"SPEC","spec":{"connectionSpecification":{}}})"
            "\n");
  CHECK(ended.exit_code == 0);
  CHECK(world.last() == success);
  for (const auto& call : world.plane.calls())
    if (call.path != "/token")
      CHECK(call.headers.at("authorization") == "Bearer fresh");
  std::ifstream file{world.folder.path("storage/workload/output/w-1")};
  CHECK(json::parse(file).contains("outputType"));
  CHECK_FALSE(holds(ended.err, "pl4ne-secret"));
}

TEST_CASE("a connector that failed is a success of the workload") {
  workload_world world{GENERATE(as<std::string>{}, "spec", "check", "read")};
  world.write_exit_code(137);
  auto ended = world.play(error_line("wrong key", "config_error"));
  CHECK(ended.exit_code == 1);
  CHECK(world.last() == success);
  auto reason = world.document()["failureReason"];
  CHECK(reason["failureOrigin"] == "source");
  CHECK(reason["failureType"] == "config_error");
  CHECK(holds(reason.dump(), "wrong key"));
}

TEST_CASE("a read's document lists the outcome of its streams") {
  workload_world world{"read"};
  world.write_exit_code(0);
  CHECK(world.play(record_line("users", "{}")).exit_code == 0);
  auto document = world.document();
  CHECK(document["status"] == "SUCCESS");
  CHECK(document["streams"]["users"]["events"] == 1);
  CHECK(world.last() == success);
}

TEST_CASE("heartbeats go on while the task does") {
  workload_world world{"read"};
  world.beat_each("0.02");
  world.write_exit_code(0);
  // Neither errors nor one missing answer end anything.
  auto count = std::make_shared<int>(0);
  world.plane.answer([count](const api_call&) {
    return ++*count <= 3 ? 503 : *count == 6 ? 404 : 204;
  });
  world.start();
  auto connector = world.connect();
  REQUIRE(world.plane.await(running, 4));
  REQUIRE(world.plane.await(heartbeat, 5));
  connector.out(record_line("users", "{}"));
  connector.close();
  CHECK(world.finish().exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.last() == success);
}

TEST_CASE("a workload that the control plane ended stops at once") {
  workload_world world{GENERATE(as<std::string>{}, "discover", "read")};
  auto is_read = world.env["COMMAND"] == "read";
  world.beat_each("0.02");
  auto gone = std::make_shared<std::atomic<bool>>(false);
  world.plane.answer([gone](const api_call&) { return *gone ? 410 : 204; });
  world.start();
  auto connector = world.connect();
  REQUIRE(world.plane.await(heartbeat));
  *gone = true;
  auto ended = world.finish();
  CHECK(ended.exit_code == 1);
  CHECK(holds(ended.err, "HTTP 410"));
  // A control plane that is not configured hears nothing.
  CHECK(world.last() == heartbeat);
  CHECK(world.document()["failureReason"]["failureType"] == "cancelled");
  if (is_read) {
    CHECK(world.task().status == "CANCELLED");
    CHECK(holds(world.task().error, "HTTP 410"));
  }
}

TEST_CASE("a control plane that is out of reach for too long ends a task") {
  workload_world world{GENERATE(as<std::string>{}, "spec", "read")};
  auto is_read = world.env["COMMAND"] == "read";
  world.beat_each("0.05");
  world.env["WORKLOAD_HEARTBEAT_TIMEOUT_SECONDS"] = "1";
  world.env["WORKLOAD_API_HEARTBEAT_TIMEOUT_SECONDS"] = "1";
  SECTION("refusing connections") {
    world.env["WORKLOAD_API_HOST"] = "127.0.0.1:1";
  }
  SECTION("silent") {
    world.plane.answer([](const api_call&) { return api_stand_in::nothing; });
  }
  SECTION("broken") {
    world.plane.answer([](const api_call&) { return 500; });
  }
  world.start();
  auto connector = world.connect();
  auto ended = world.finish();
  CHECK(ended.exit_code == 1);
  CHECK(holds(ended.err, "the control plane has been out of reach"));
  if (is_read) {
    CHECK(world.task().status == "FAILED");
    CHECK(holds(world.task().error, "out of reach"));
    CHECK(world.task().metrics["failure"]["failureOrigin"]
          == "airbyte_platform");
  }
}

TEST_CASE("a report is repeated, and one that fails fails the process") {
  workload_world world{"spec"};
  world.env["WORKLOAD_API_MAX_RETRIES"] = "2";
  world.write_exit_code(0);
  auto reports = std::make_shared<int>(0);
  auto good_after = GENERATE(2, 100);
  world.plane.answer([reports, good_after](const api_call& call) {
    if (call.line() != success)
      return 204;
    return ++*reports > good_after ? 204 : 502;
  });
  auto ended =
      world.play(R"({"type":"SPEC","spec":{"connectionSpecification":{}}})"
                 "\n");
  CHECK(*reports == 3);
  CHECK(ended.exit_code == (good_after == 2 ? 0 : 1));
  // The answer is kept all the same.
  CHECK(world.document()["spec"].contains("connectionSpecification"));
  if (good_after == 100)
    CHECK(holds(ended.err, "reporting the workload's success: 127.0.0.1"));
}

TEST_CASE("timeouts and faults of the platform are failures of the workload") {
  workload_world world{"check"};
  SECTION("a connector that does not answer") {
    world.env["SIDECAR_FILE_TIMEOUT_MINUTES"] = "0.01";
    world.start();
    auto connector = world.connect();
    CHECK(world.finish().exit_code == 2);
  }
  SECTION("a database that cannot be") {
    world.env["DATABASE_URL"] = "sqlite:///nowhere/tasks.db";
    world.start();
    CHECK(world.finish().exit_code == 2);
  }
  CHECK(world.last() == failure_report);
  auto report = json::parse(world.plane.calls().back().body);
  CHECK(report["workloadId"] == "w-1");
  CHECK_FALSE(report["reason"].get<std::string>().empty());
  CHECK(world.document().contains("failureReason"));
}

TEST_CASE("SIGTERM is not held up by a control plane that is silent") {
  workload_world world{"read"};
  world.plane.answer([](const api_call& call) {
    return call.line() == running ? 204 : api_stand_in::nothing;
  });
  world.start();
  auto connector = world.connect();
  REQUIRE(world.plane.await(running));
  auto begun = std::chrono::steady_clock::now();
  world.sidecar().signal(SIGTERM);
  auto ended = world.finish();
  // The grace of a Pod is 60 s.
  CHECK(std::chrono::steady_clock::now() - begun < 30s);
  CHECK(ended.exit_code == 1);
  CHECK(world.task().status == "CANCELLED");
  CHECK(world.last() == failure_report);
}

TEST_CASE("the result document may be an object of S3") {
  workload_world world{"spec"};
  world.write_exit_code(0);
  api_stand_in store{[](const api_call&) {
    return 200;
  }};
  world.env["WORKLOAD_OUTPUT"] = "s3://bucket/runs/w-1.json";
  world.env["AWS_ENDPOINT_URL"] = store.url();
  world.env["AWS_ACCESS_KEY_ID"] = "key-id";
  world.env["AWS_SECRET_ACCESS_KEY"] = "s3-hush";
  world.env["AWS_DEFAULT_REGION"] = "eu-west-1";
  auto ended =
      world.play(R"({"type":"SPEC","spec":{"connectionSpecification":{}}})"
                 "\n");
  CHECK(ended.exit_code == 0);
  REQUIRE(store.calls().size() == 1);
  auto call = store.calls()[0];
  CHECK(call.line() == "PUT /bucket/runs/w-1.json");
  CHECK(json::parse(call.body)["outputType"] == "spec");
  CHECK(holds(call.headers["authorization"],
              "Signature=" + aws_signature(call, "s3-hush")));
  CHECK(holds(call.headers["authorization"], "/eu-west-1/s3/"));
}

TEST_CASE("missing settings of a control plane are named before the start") {
  workload_world world{"spec"};
  world.env.erase("WORKLOAD_ID");
  world.env["WORKLOAD_API_MAX_RETRIES"] = "many";
  world.env["WORKLOAD_OUTPUT"] = "s3://bucket/key";
  world.env["AWS_ENDPOINT_URL"] = world.plane.url();
  world.start();
  auto ended = world.finish();
  CHECK(ended.exit_code == 2);
  for (const auto* name :
       {"WORKLOAD_ID: ", "WORKLOAD_API_MAX_RETRIES: ", "AWS_ACCESS_KEY_ID: "})
    CHECK(holds(ended.err, name));
  CHECK(world.plane.calls().empty());
}
