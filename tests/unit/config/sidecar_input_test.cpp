#include "config/sidecar_input.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("the platform's description of a task becomes settings") {
  auto read = read_sidecar_input(R"({
    "workloadId": "w-1", "operationType": "CHECK", "logPath": "/x",
    "integrationLauncherConfig":
      {"jobId": "7", "dockerImage": "registry:5000/airbyte/source-x:1.2.3"},
    "checkConnectionInput":
      {"actorId": "a-1", "connectionConfiguration": {"password": "hush"}}})");
  REQUIRE(read);
  CHECK(*read
        == variables{{"COMMAND", "check"},
                     {"WORKLOAD_ID", "w-1"},
                     {"PACKAGE", "registry:5000/airbyte/source-x"},
                     {"PACKAGE_VERSION", "1.2.3"},
                     {"STORAGE_KEY", "a-1"}});
}

TEST_CASE("a discover has a storage key of its source and config") {
  auto read = read_sidecar_input(R"({
    "operationType": "discover", "workloadId": "w-1",
    "integrationLauncherConfig": {"dockerImage": "registry:5000/source-x"},
    "discoverCatalogInput": {"sourceId": "s", "configHash": "h"}})");
  REQUIRE(read);
  CHECK(read->at("STORAGE_KEY") == "s_h");
  CHECK(read->at("PACKAGE") == "registry:5000/source-x");
  CHECK(read->at("PACKAGE_VERSION") == "latest");
  auto least = read_sidecar_input(R"({"operationType":"spec"})");
  REQUIRE(least);
  CHECK(*least == variables{{"COMMAND", "spec"}});
}

TEST_CASE("a malformed description is refused, and never shown") {
  for (const auto* text :
       {"", "{", "[]", R"({"operationType": 7, "secret": "hush"})",
        R"({"workloadId": ["hush"]})",
        R"({"integrationLauncherConfig": "hush"})"}) {
    INFO(text);
    auto read = read_sidecar_input(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ec::invalid_argument);
    CHECK(read.error().what.find("hush") == std::string::npos);
  }
  // Half of one, as while it is written.
  std::string whole = R"({"operationType":"spec","workloadId":"w"})";
  for (size_t n = 0; n < whole.size(); ++n)
    CHECK_FALSE(read_sidecar_input(whole.substr(0, n)));
}
