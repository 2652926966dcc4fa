// Secrets that a launch left behind, and what removes them.

#include "runtime/kubernetes/pod_launch.hpp"
#include "support/log_capture.hpp"
#include "support/scripted_pod_api.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

TEST_CASE("a sweep deletes old Secrets without a Pod, and no others") {
  const log_capture log;
  scripted_pod_api api;
  api.page_size = 1;
  const auto now = *from_iso8601_micros("2026-01-01T01:00:00.900000Z");
  for (const auto* name : {"a", "b", "c"})
    api.put(name);
  auto add = [&api](const std::string& name, const std::string& created_at) {
    api.secrets[name] = {"", "", created_at};
  };
  add("a-config", "2026-01-01T00:00:00Z");
  add("c-config", "2025-01-01T00:00:00Z");
  add("old-config", "2026-01-01T00:49:59Z");
  add("older-config", "2025-12-31T23:59:59Z");
  // Just as old as the limit.
  add("edge-config", "2026-01-01T00:50:00Z");
  add("new-config", "2026-01-01T00:59:00Z");
  add("undated-config", "");
  add("-config", "2026-01-01T00:30:00Z");
  add("theirs", "2025-01-01T00:00:00Z");
  auto names = [&api] {
    std::vector<std::string> out;
    for (const auto& [name, secret] : api.secrets)
      out.push_back(name);
    return out;
  };
  const std::vector<std::string> swept = {"a-config",    "c-config",
                                          "edge-config", "new-config",
                                          "theirs",      "undated-config"};

  SECTION("all goes well") {
    auto count = sweep_secrets(api, now, 10min);
    REQUIRE(count);
    CHECK(*count == 3);
    CHECK(names() == swept);
  }
  SECTION("a call fails") {
    auto before = names();
    for (const auto* call : {"list_secrets", "list_pods"}) {
      api.faults[call] = {pod_fault::lost_before};
      CHECK_FALSE(sweep_secrets(api, now, 10min));
      CHECK(names() == before);
    }
    api.faults["list_pods"] = {pod_fault::none, pod_fault::lost_before};
    CHECK_FALSE(sweep_secrets(api, now, 10min));
    CHECK(names() == before);
    api.faults["delete_secret"] = {pod_fault::lost_before};
    CHECK_FALSE(sweep_secrets(api, now, 10min));
    REQUIRE(sweep_secrets(api, now, 10min));
    CHECK(names() == swept);
  }
  SECTION("a Pod comes between the two lists") {
    api.decide = [&api](const std::string& call) {
      if (call == "list_pods" && !api.pods.contains("old"))
        api.put("old");
      return pod_fault::none;
    };
    REQUIRE(sweep_secrets(api, now, 10min));
    CHECK(api.secrets.contains("old-config"));
  }
  SECTION("a Secret is replaced between list and deletion") {
    api.secrets["old-config"].uid = "old";
    api.decide = [&api](const std::string& call) {
      if (call == "list_pods")
        api.secrets["old-config"].uid = "new";
      return pod_fault::none;
    };
    REQUIRE(sweep_secrets(api, now, 10min));
    CHECK(api.secrets.contains("old-config"));
  }
}
