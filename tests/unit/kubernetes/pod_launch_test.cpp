#include "runtime/kubernetes/pod_launch.hpp"

#include "support/log_capture.hpp"
#include "support/scripted_pod_api.hpp"

#include <catch2/catch_all.hpp>

#include <optional>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

const task_manifest manifest = {
    "p", R"({"metadata":{"name":"p-config"},"mark":"ours"})",
    R"({"metadata":{"name":"p"}})"};

using words = std::vector<std::string>;

struct fixture {
  log_capture log;
  scripted_pod_api api;

  result<pod_status> launch() { return launch_pod(api, manifest); }

  bool has_pod() const { return api.pods.contains("p"); }

  bool has_secret() const { return api.secrets.contains("p-config"); }

  /// Somebody else's task of the same name.
  void occupy() {
    api.put("p", pod_state::running);
    api.secrets["p-config"] = {"theirs", "uid-1"};
  }
};

void check_launched(fixture& f) {
  auto pod = f.launch();
  REQUIRE(pod);
  CHECK(pod->name == "p");
  REQUIRE(f.has_pod());
  CHECK(f.api.pods["p"].uid == pod->uid);
  REQUIRE(f.has_secret());
  CHECK(f.api.secrets["p-config"].text == manifest.secret);
  CHECK(f.api.secrets["p-config"].owner == pod->uid);
}

ec code_of(const result<pod_status>& launched) {
  return launched ? ec::none : launched.error().code;
}

} // namespace

TEST_CASE(
    "a launch creates a Secret and a Pod, and gives the Secret to the Pod") {
  fixture f;
  check_launched(f);
  CHECK(f.api.calls == words{"create_secret", "create_pod", "give_secret"});
  CHECK(f.api.pauses.empty());
}

TEST_CASE("calls without an answer are made again, after a pause") {
  for (const auto* call : {"create_secret", "create_pod", "give_secret"})
    for (auto fault :
         {pod_fault::lost_before, pod_fault::lost_after, pod_fault::too_busy}) {
      INFO(call << " " << static_cast<int>(fault));
      fixture f;
      f.api.faults[call] = {fault};
      check_launched(f);
      CHECK(f.api.pauses == std::vector<std::chrono::milliseconds>{250ms});
    }
}

TEST_CASE("a Secret that was left behind is replaced") {
  fixture f;
  f.api.secrets["p-config"] = {"old"};
  SECTION("at once") {}
  SECTION("where the answer is lost once more") {
    f.api.faults["create_secret"] = {pod_fault::none, pod_fault::lost_after};
  }
  check_launched(f);
}

TEST_CASE("a Pod that runs keeps its Secret") {
  fixture f;
  f.occupy();
  SECTION("all goes well") {}
  SECTION("the first answer is lost") {
    f.api.faults["create_secret"] = {pod_fault::lost_before};
  }
  CHECK(code_of(f.launch()) == ec::already_exists);
  CHECK(f.has_pod());
  REQUIRE(f.has_secret());
  CHECK(f.api.secrets["p-config"].text == "theirs");
}

TEST_CASE("a Pod whose Secret is gone is not touched") {
  fixture f;
  f.api.put("p", pod_state::running);
  CHECK(code_of(f.launch()) == ec::already_exists);
  CHECK(f.has_pod());
  CHECK(f.has_secret());
}

TEST_CASE("a launch whose Pod is refused leaves no Secret") {
  fixture f;
  f.api.faults["create_pod"] = {pod_fault::refused};
  SECTION("at once") {}
  SECTION("at the second try") {
    f.api.faults["delete_secret"] = {pod_fault::lost_before};
  }
  auto pod = f.launch();
  CHECK(code_of(pod) == ec::invalid_argument);
  CHECK(pod.error().what == "create_pod: refused");
  CHECK_FALSE(f.has_pod());
  CHECK_FALSE(f.has_secret());
}

TEST_CASE("a launch whose Secret is refused ends") {
  fixture f;
  f.api.faults["create_secret"] = {pod_fault::refused};
  CHECK(code_of(f.launch()) == ec::invalid_argument);
  CHECK(f.api.calls == words{"!create_secret"});
}

TEST_CASE("a Pod runs without its Secret being given to it") {
  fixture f;
  f.api.faults["give_secret"].assign(4, pod_fault::lost_before);
  REQUIRE(f.launch());
  CHECK(f.has_pod());
  CHECK(f.has_secret());
  CHECK(f.log.has("give_secret"));
}

TEST_CASE("an API that is too busy for long is given up, and nothing stays") {
  fixture f;
  f.api.faults["create_pod"].assign(4, pod_fault::too_busy);
  CHECK(code_of(f.launch()) == ec::too_busy);
  CHECK_FALSE(f.has_pod());
  CHECK_FALSE(f.has_secret());
  CHECK(f.api.pauses
        == std::vector<std::chrono::milliseconds>{250ms, 500ms, 1000ms});
}

TEST_CASE("a Pod is looked for if the answer to its creation was lost") {
  fixture f;
  f.api.faults["create_pod"] = {pod_fault::lost_before, pod_fault::lost_before,
                                pod_fault::lost_before, pod_fault::lost_after};
  check_launched(f);
}

TEST_CASE("a Pod whose existence is not known keeps its Secret") {
  fixture f;
  f.api.faults["create_pod"].assign(4, pod_fault::lost_after);
  f.api.faults["get_pod"].assign(40, pod_fault::lost_before);
  CHECK(code_of(f.launch()) == ec::service_unavailable);
  CHECK(f.has_pod());
  CHECK(f.has_secret());
}

namespace {

/// Where a launch begins.
enum class scene { empty, left_secret, lone_pod, occupied };

/// Launches with a failure for each of the first calls, and none thereafter.
/// @returns how many calls there were.
size_t try_plan(scene where, const std::vector<pod_fault>& plan) {
  fixture f;
  size_t calls = 0;
  f.api.decide = [&](const std::string&) {
    auto at = calls++;
    return at < plan.size() ? plan[at] : pod_fault::none;
  };
  if (where == scene::occupied)
    f.occupy();
  if (where == scene::lone_pod)
    f.api.put("p");
  if (where == scene::left_secret)
    f.api.secrets["p-config"] = {"old"};
  auto foreign = where == scene::occupied || where == scene::lone_pod;
  auto pod = f.launch();
  std::string text = std::to_string(static_cast<int>(where));
  for (const auto& call : f.api.calls)
    text += " " + call;
  INFO(text << (pod ? "" : ": " + pod.error().what));
  // The API was not to be reached for the last call, with which it was given
  // up.
  auto is_lost = f.api.calls.back().starts_with("!");
  if (foreign) {
    REQUIRE(f.has_pod());
    REQUIRE(f.api.pods["p"].uid == "uid-1");
    if (where == scene::occupied) {
      REQUIRE_FALSE(pod);
      REQUIRE(f.has_secret());
      REQUIRE(f.api.secrets["p-config"].text == "theirs");
      if (!is_lost)
        REQUIRE(pod.error().code == ec::already_exists);
    }
    return calls;
  }
  if (pod) {
    REQUIRE(f.has_pod());
    REQUIRE(f.has_secret());
    REQUIRE(f.api.secrets["p-config"].text == manifest.secret);
  } else {
    REQUIRE(pod.error().code != ec::already_exists);
    if (f.has_pod())
      REQUIRE((f.has_secret() && is_lost));
    else if (f.has_secret() && where != scene::left_secret)
      REQUIRE(is_lost);
  }
  return calls;
}

void try_all(scene where, std::vector<pod_fault>& plan, int failures,
             size_t& plans) {
  auto calls = try_plan(where, plan);
  ++plans;
  if (failures == 0)
    return;
  auto length = plan.size();
  for (auto at = length; at < calls; ++at) {
    for (auto fault : {pod_fault::refused, pod_fault::lost_before,
                       pod_fault::lost_after, pod_fault::too_busy}) {
      plan.resize(length);
      plan.resize(at, pod_fault::none);
      plan.push_back(fault);
      try_all(where, plan, failures - 1, plans);
    }
  }
  plan.resize(length);
}

} // namespace

TEST_CASE("if any three calls fail, Pod and Secret both exist or neither") {
  constexpr int most_failures = 3;
  for (auto where :
       {scene::empty, scene::left_secret, scene::lone_pod, scene::occupied}) {
    std::vector<pod_fault> plan;
    size_t plans = 0;
    try_all(where, plan, most_failures, plans);
    CHECK(plans > 100);
  }
}

TEST_CASE("a Pod has its Secret even if the same task is launched twice") {
  const task_manifest rival = {
      "p", R"({"metadata":{"name":"p-config"},"mark":"theirs"})",
      R"({"metadata":{"name":"p"}})"};
  constexpr size_t most_calls = 12;
  for (size_t moment = 0; moment < most_calls; ++moment)
    for (size_t faulty = 0; faulty <= most_calls; ++faulty)
      for (auto fault : {pod_fault::refused, pod_fault::lost_before,
                         pod_fault::lost_after, pod_fault::too_busy}) {
        fixture f;
        std::optional<result<pod_status>> theirs;
        size_t calls = 0;
        auto within = false;
        f.api.decide = [&](const std::string&) {
          if (within)
            return pod_fault::none;
          auto at = calls++;
          if (at == moment) {
            within = true;
            theirs = launch_pod(f.api, rival);
            within = false;
          }
          return at == faulty ? fault : pod_fault::none;
        };
        auto ours = f.launch();
        std::string text;
        for (const auto& call : f.api.calls)
          text.append(" ").append(call);
        INFO(moment << " " << faulty << text);
        if (ours || (theirs && *theirs))
          REQUIRE(f.has_pod());
        // A Pod that was accepted is never left without.
        if (f.has_pod())
          REQUIRE(f.has_secret());
        if (ours && theirs && *theirs)
          REQUIRE(ours->uid == (*theirs)->uid);
      }
}

namespace {

const task_manifest large_manifest = {
    "p",
    R"({"metadata":{"name":"p-config"},"mark":"ours"})",
    R"({"metadata":{"name":"p"}})",
    nullptr,
    {R"({"metadata":{"name":"p-config-2"},"data":{"a":"b"}})",
     R"({"metadata":{"name":"p-config-3"}})"}};

void check_large(fixture& f) {
  auto pod = launch_pod(f.api, large_manifest);
  REQUIRE(pod);
  REQUIRE(f.api.secrets.size() == 3);
  const auto uid = f.api.secrets["p-config"].uid;
  CHECK(f.api.secrets["p-config"].owner == pod->uid);
  for (const auto* name : {"p-config-2", "p-config-3"}) {
    INFO(name);
    const auto made = nlohmann::json::parse(f.api.secrets[name].text);
    // All of them go with the first one.
    const auto& owner = made["metadata"]["ownerReferences"][0];
    CHECK(owner["kind"] == "Secret");
    CHECK(owner["name"] == "p-config");
    CHECK(owner["uid"] == uid);
  }
  CHECK(f.api.secrets["p-config-2"].text.find(R"({"a":"b"})")
        != std::string::npos);
}

} // namespace

TEST_CASE("a launch creates all Secrets before the Pod") {
  fixture f;
  SECTION("at once") {
    check_large(f);
    CHECK(f.api.calls
          == words{"create_secret", "create_secret", "create_secret",
                   "create_pod", "give_secret"});
  }
  SECTION("where the answer to one is lost") {
    f.api.faults["create_secret"] = {pod_fault::none, pod_fault::lost_after,
                                     pod_fault::none, pod_fault::lost_before};
    check_large(f);
  }
  SECTION("where some were left behind") {
    f.api.secrets["p-config"] = {R"({"metadata":{"name":"p-config"}})"};
    f.api.secrets["p-config-3"] = {R"({"metadata":{"name":"p-config-3"}})"};
    check_large(f);
  }
}

TEST_CASE("a launch that cannot create all Secrets leaves none") {
  for (size_t fault = 0; fault < 4; ++fault) {
    INFO(fault);
    fixture f;
    auto calls = size_t{0};
    f.api.decide = [&](const std::string& call) {
      if (call != "create_secret" && call != "create_pod")
        return pod_fault::none;
      return calls++ == fault ? pod_fault::refused : pod_fault::none;
    };
    CHECK(code_of(launch_pod(f.api, large_manifest)) == ec::invalid_argument);
    CHECK(f.api.secrets.empty());
    CHECK_FALSE(f.has_pod());
  }
}
