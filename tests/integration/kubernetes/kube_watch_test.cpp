#include "runtime/kubernetes/kube_pod_api.hpp"

#include "support/kube_stand_in.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <future>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

using words = std::vector<std::string>;
using writer = kube_answer::writer;

std::string event(const std::string& type, const std::string& name,
                  const std::string& version) {
  return json{{"type", type},
              {"object",
               {{"metadata",
                 {{"name", name},
                  {"uid", "u-" + name},
                  {"resourceVersion", version}}}}}}
             .dump()
         + "\n";
}

std::string bookmark(const std::string& version) {
  return json{{"type", "BOOKMARK"},
              {"object", {{"metadata", {{"resourceVersion", version}}}}}}
             .dump()
         + "\n";
}

std::string error(int code, const std::string& message) {
  return json{{"type", "ERROR"},
              {"object", {{"code", code}, {"message", message}}}}
             .dump()
         + "\n";
}

/// An API that is watched.
struct fixture {
  /// Writes the body of the watches' answers.
  std::function<bool(kube_stand_in&, const writer&)> write;
  int status = 200;
  kube_stand_in stand_in{[this](const kube_call&) {
    kube_answer out{status};
    if (write)
      out.stream = [this](const writer& to) {
        return write(stand_in, to);
      };
    return out;
  }};
  kube_pod_api api{access(),
                   "ns",
                   std::make_shared<kube_counts>(),
                   {.length = 240s, .silence = 1s}};
  /// E.g. `seen a 5`.
  words events;
  std::string from = "1";

  kube_access access() const {
    kube_access out;
    out.server = stand_in.url();
    return out;
  }

  result<watch_end> watch() {
    return api.watch_pods(from, [this](pod_event&& what) {
      events.push_back((what.kind == pod_event_kind::gone ? "gone " : "seen ")
                       + what.pod.name + " " + what.pod.resource_version);
    });
  }

  /// Writes it all at once.
  void say(const std::string& text) {
    write = [text](auto&, const auto& to) {
      return to(text);
    };
  }
};

bool ended(const result<watch_end>& how, watch_end wanted) {
  return how && *how == wanted;
}

const std::string three = event("ADDED", "a", "5") + event("MODIFIED", "b", "6")
                          + event("DELETED", "a", "7");
const words three_told = {"seen a 5", "seen b 6", "gone a 7"};

} // namespace

TEST_CASE("a watch asks for Pods of ours from its place, with bookmarks") {
  fixture f;
  f.from = "77";
  f.say("");
  CHECK(ended(f.watch(), watch_end::over));
  CHECK(f.stand_in.lines()
        == words{"GET /api/v1/namespaces/ns/pods?labelSelector=jitsu.com%2F"
                 "creator%3Dbulker-sync-controller&watch=true&"
                 "allowWatchBookmarks=true&timeoutSeconds=240&"
                 "resourceVersion=77"});
  CHECK(f.from == "77");
}

TEST_CASE("events are reported, and the place moves on") {
  fixture f;
  f.say(three + bookmark("99"));
  CHECK(ended(f.watch(), watch_end::over));
  CHECK(f.events == three_told);
  CHECK(f.from == "99");
}

TEST_CASE("a watch may be split at any byte") {
  for (size_t at = 1; at < three.size(); ++at) {
    INFO(at);
    fixture f;
    f.write = [at](auto&, const auto& to) {
      return to(three.substr(0, at)) && to(three.substr(at));
    };
    REQUIRE(ended(f.watch(), watch_end::over));
    REQUIRE(f.events == three_told);
  }
  fixture f;
  f.write = [](auto&, const auto& to) {
    for (auto c : three)
      if (!to(std::string(1, c)))
        return false;
    return true;
  };
  CHECK(ended(f.watch(), watch_end::over));
  CHECK(f.events == three_told);
}

TEST_CASE("an event is reported when it comes, not at the end of the watch") {
  fixture f;
  std::promise<void> told;
  f.write = [&told](auto&, const auto& to) {
    auto fine = to(three);
    told.get_future().wait();
    return fine;
  };
  auto end = f.api.watch_pods(f.from, [&told](pod_event&& what) {
    if (what.kind == pod_event_kind::gone)
      told.set_value();
  });
  CHECK(ended(end, watch_end::over));
}

TEST_CASE("a watch that falls silent is given up") {
  fixture f;
  f.write = [](auto& stand_in, const auto& to) {
    to(three);
    stand_in.hang();
    return false;
  };
  auto end = f.watch();
  REQUIRE_FALSE(end);
  CHECK(end.error().code == ec::service_unavailable);
  CHECK_THAT(end.error().what, Catch::Matchers::StartsWith(
                                   "Kubernetes: the watch of Pods broke: "));
  CHECK(f.events == three_told);
  CHECK(f.from == "7");
}

TEST_CASE("a watch that is broken off is a failure, and keeps its place") {
  fixture f;
  f.write = [](auto&, const auto& to) {
    to(three + "{\"type\":");
    return false;
  };
  auto end = f.watch();
  REQUIRE_FALSE(end);
  CHECK(end.error().code == ec::service_unavailable);
  CHECK(f.events == three_told);
  CHECK(f.from == "7");
}

TEST_CASE("a watch from a resource version that is gone asks for a list") {
  fixture f;
  SECTION("in an event") {
    f.say(event("ADDED", "a", "5") + error(410, "too old resource version"));
    CHECK(ended(f.watch(), watch_end::expired));
    CHECK(f.events == words{"seen a 5"});
  }
  SECTION("in the answer") {
    f.status = 410;
    CHECK(ended(f.watch(), watch_end::expired));
  }
}

TEST_CASE("other answers of the API end the watch with its words") {
  fixture f;
  SECTION("in an event") {
    f.say(event("ADDED", "a", "5") + error(500, "etcd is away"));
    auto end = f.watch();
    REQUIRE_FALSE(end);
    CHECK(end.error().what
          == "Kubernetes: the watch of Pods ended: etcd is away");
    CHECK(f.events == words{"seen a 5"});
  }
  SECTION("in the answer") {
    f.status = 403;
    auto end = f.watch();
    REQUIRE_FALSE(end);
    CHECK_THAT(end.error().what,
               Catch::Matchers::StartsWith("Kubernetes: cannot watch "
                                           "Pods: HTTP 403"));
  }
}

TEST_CASE("a line that cannot be read asks for a list, at once") {
  auto garbage = GENERATE(
      std::string{"garbage\n"}, std::string{"\x01\xff\n"}, std::string{"{}\n"},
      std::string{"[7]\n"}, std::string{R"({"type":"ADDED"})"} + "\n",
      event("RENAMED", "x", "6"), std::string(9 << 20, 'x') + "\n");
  INFO(garbage.substr(0, 40));
  fixture f;
  f.write = [&garbage](auto& stand_in, const auto& to) {
    to(event("ADDED", "a", "5") + garbage + event("ADDED", "b", "7"));
    // Else the watch goes on, for four minutes.
    stand_in.hang();
    return false;
  };
  CHECK(ended(f.watch(), watch_end::expired));
  CHECK(f.events == words{"seen a 5"});
}

TEST_CASE("empty lines and a large Pod do not end a watch") {
  fixture f;
  auto large = json::parse(event("ADDED", "a", "5"));
  large["object"]["metadata"]["annotations"] = {
      {"x", std::string(2 << 20, 'y')}};
  f.say("\n\n" + large.dump() + "\n\n" + event("DELETED", "a", "6"));
  CHECK(ended(f.watch(), watch_end::over));
  CHECK(f.events == words{"seen a 5", "gone a 6"});
}

TEST_CASE("a stopped watch ends at once") {
  fixture f;
  std::promise<void> begun;
  f.write = [&begun](auto& stand_in, const auto& to) {
    to(event("ADDED", "a", "5"));
    begun.set_value();
    stand_in.hang();
    return false;
  };
  kube_pod_api patient{f.access(), "ns", std::make_shared<kube_counts>()};
  auto end = std::async(std::launch::async, [&] {
    return patient.watch_pods(f.from, [](pod_event&&) {});
  });
  begun.get_future().wait();
  patient.stop();
  auto ended = end.get();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == ec::cancelled);
}
