#include "runtime/task/pod_watch.hpp"

#include "support/log_capture.hpp"
#include "support/scripted_pod_api.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

using lines = std::vector<std::string>;

/// A watch, and what its listener was told.
struct fixture {
  log_capture log;
  scripted_pod_api api;
  /// E.g. `seen a uid-1 running`, `gone a uid-1`, `listed`.
  lines told;
  pod_watch::clock::time_point now = pod_watch::clock::time_point{} + 24h;
  pod_watch watch{api,
                  {[this](const pod_status_ptr& pod) {
                     told.push_back("seen " + pod->name + " " + pod->uid + " "
                                    + std::string{to_string(pod->state)});
                   },
                   [this](const pod_status_ptr& pod) {
                     told.push_back("gone " + pod->name + " " + pod->uid);
                   },
                   [this] {
                     told.push_back("listed");
                   }}};

  /// @returns what was told meanwhile.
  lines step() {
    auto pause = watch.step(now);
    REQUIRE(pause);
    last_pause = *pause;
    return std::exchange(told, {});
  }

  /// Lets the next watch hand out these and be over.
  void script(std::vector<pod_event> events, watch_end end = watch_end::over) {
    api.watches.emplace_back(
        [events = std::move(events), end](auto& from, const auto& on_event) {
          for (auto event : events) {
            from = event.resource_version;
            on_event(std::move(event));
          }
          return end;
        });
  }

  /// A step with a watch that brings a change and is over.
  lines work() {
    api.watches.emplace_back([this](auto& from, const auto& on_event) {
      auto event = put("worker");
      from = event.resource_version;
      on_event(std::move(event));
      return watch_end::over;
    });
    return step();
  }

  /// Puts a Pod, and @returns the event that tells of it.
  pod_event put(const std::string& name, pod_state state = pod_state::pending) {
    const auto& pod = api.put(name, state);
    return {pod_event_kind::seen, pod, pod.resource_version, {}};
  }

  pod_event vanish(const std::string& name) {
    auto pod = api.pods.at(name);
    api.vanish(name);
    pod.resource_version = api.place();
    return {pod_event_kind::gone, pod, pod.resource_version, {}};
  }

  pod_watch::pause last_pause{};
};

} // namespace

TEST_CASE("existing Pods are reported in pages, then `listed`, then changes") {
  fixture f;
  f.api.page_size = 2;
  for (const auto* name : {"a", "b", "c", "d", "e"})
    f.api.put(name);
  CHECK(f.step()
        == lines{"seen a uid-1 pending", "seen b uid-2 pending",
                 "seen c uid-3 pending", "seen d uid-4 pending",
                 "seen e uid-5 pending", "listed"});
  CHECK(f.api.count("list_pods") == 3);
  f.api.put("f");
  f.api.put("a", pod_state::running);
  f.api.vanish("b");
  CHECK(f.step()
        == lines{"seen f uid-6 pending", "seen a uid-1 running",
                 "seen b uid-2 pending", "gone b uid-2"});
  CHECK(f.last_pause == 0ms);
  CHECK(f.api.count("list_pods") == 3);
}

TEST_CASE("a list without Pods counts as listed") {
  fixture f;
  CHECK(f.step() == lines{"listed"});
}

TEST_CASE("after a page that fails the list begins anew") {
  fixture f;
  f.api.page_size = 1;
  for (const auto* name : {"a", "b", "c"})
    f.api.put(name);
  f.api.faults["list_pods"] = {pod_fault::none, pod_fault::lost_before};
  CHECK(f.step() == lines{"seen a uid-1 pending"});
  CHECK(f.last_pause == 250ms);
  CHECK(f.api.count("watch_pods") == 0);
  f.api.vanish("a");
  CHECK(f.step()
        == lines{"seen b uid-2 pending", "seen c uid-3 pending", "gone a uid-1",
                 "listed"});
}

TEST_CASE("a watch goes on from the last bookmark") {
  fixture f;
  f.step();
  f.api.watches.emplace_back([](auto& from, const auto&) {
    from = "77";
    return watch_end::over;
  });
  f.step();
  std::string asked;
  f.api.watches.emplace_back([&asked](auto& from, const auto&) {
    asked = from;
    return watch_end::over;
  });
  f.step();
  CHECK(asked == "77");
  CHECK(f.api.count("list_pods") == 1);
}

TEST_CASE("a lost place is found by a list") {
  fixture f;
  f.api.put("a");
  f.api.put("b");
  f.step();
  f.api.vanish("a");
  f.api.put("b", pod_state::running);
  f.script({}, watch_end::expired);
  CHECK(f.step().empty());
  CHECK(f.last_pause > 0ms);
  CHECK(f.step() == lines{"seen b uid-2 running", "gone a uid-1", "listed"});
}

TEST_CASE("a place that is lost again and again makes no tight loop") {
  fixture f;
  pod_watch::pause longest{};
  for (int i = 0; i < 20; ++i) {
    f.script({}, watch_end::expired);
    f.step();
    REQUIRE(f.last_pause > 0ms);
    longest = std::max(longest, f.last_pause);
  }
  CHECK(longest == pod_watch::longest_pause);
}

TEST_CASE("watches that end at once make no tight loop") {
  fixture f;
  f.step();
  for (int i = 0; i < 20; ++i) {
    f.script({});
    f.step();
    REQUIRE(f.last_pause > 0ms);
  }
  CHECK(f.last_pause == pod_watch::longest_pause);
  f.work();
  CHECK(f.last_pause == 0ms);
}

TEST_CASE("pauses grow to their bound while the API is away, and begin anew") {
  fixture f;
  auto& script = f.api.faults["list_pods"];
  script.assign(10, pod_fault::lost_before);
  std::vector<pod_watch::pause> pauses;
  for (int i = 0; i < 10; ++i) {
    CHECK(f.step().empty());
    pauses.push_back(f.last_pause);
  }
  CHECK(pauses
        == std::vector<pod_watch::pause>{250ms, 500ms, 1s, 2s, 4s, 8s, 15s, 15s,
                                         15s, 15s});
  f.api.put("a");
  CHECK(f.step() == lines{"seen a uid-1 pending", "listed"});
  f.work();
  f.api.faults["watch_pods"] = {pod_fault::lost_before};
  f.step();
  CHECK(f.last_pause == 250ms);
}

TEST_CASE("pauses grow if lists succeed and watches fail") {
  fixture f;
  f.api.faults["watch_pods"].assign(10, pod_fault::lost_before);
  for (int i = 0; i < 10; ++i)
    f.step();
  CHECK(f.last_pause == pod_watch::longest_pause);
}

TEST_CASE(
    "a watch that broke once goes on, after a second time all is listed") {
  fixture f;
  f.work();
  f.api.faults["watch_pods"] = {pod_fault::lost_before, pod_fault::too_busy};
  CHECK(f.step().empty());
  CHECK(f.step().empty());
  CHECK(f.api.count("list_pods") == 1);
  CHECK(f.step() == lines{"listed"});
  CHECK(f.api.count("list_pods") == 2);
  f.work();
  f.work();
  CHECK(f.api.count("list_pods") == 3);
}

TEST_CASE("a watch that brought an event before it broke counts as a success") {
  fixture f;
  f.step();
  for (int i = 0; i < 5; ++i) {
    auto event =
        f.put("a", i % 2 == 0 ? pod_state::running : pod_state::ending);
    f.api.watches.emplace_back([event](auto& from, const auto& on_event) {
      from = event.resource_version;
      on_event(pod_event{event});
      return failure{ec::service_unavailable, "broke"};
    });
    CHECK(f.step().size() == 1);
    CHECK(f.last_pause == 250ms);
  }
  CHECK(f.api.count("list_pods") == 1);
}

TEST_CASE("the next list finds lost events, and a gone Pod is reported once") {
  fixture f;
  f.api.put("a");
  f.api.put("b");
  f.step();
  f.api.vanish("a");
  f.api.put("b", pod_state::ended);
  f.api.put("c");
  f.api.mangle = [](auto& events) {
    events.clear();
  };
  CHECK(f.step().empty());
  f.now += pod_watch::relist_interval;
  CHECK(f.step()
        == lines{"seen b uid-2 ended", "seen c uid-3 pending", "gone a uid-1",
                 "listed"});
  f.now += pod_watch::relist_interval;
  CHECK(f.step() == lines{"listed"});
}

TEST_CASE("a list is due after its interval only") {
  fixture f;
  f.step();
  f.now += pod_watch::relist_interval - 1ms;
  f.script({f.put("a")});
  CHECK(f.step().size() == 1);
  CHECK(f.api.count("list_pods") == 1);
  f.now += 1ms;
  CHECK(f.step() == lines{"listed"});
}

TEST_CASE("events that come twice or out of order are reported once") {
  fixture f;
  auto pending = f.put("a");
  f.step();
  auto running = f.put("a", pod_state::running);
  auto ended = f.put("a", pod_state::ended);
  f.script({ended, running, ended, pending, running});
  CHECK(f.step() == lines{"seen a uid-1 ended"});
  auto gone = f.vanish("a");
  f.script({gone, gone});
  CHECK(f.step() == lines{"seen a uid-1 ended", "gone a uid-1"});
  f.script({ended, gone, running});
  CHECK(f.step().empty());
  f.now += pod_watch::relist_interval;
  // The list knows that it is gone: its place is later.
  f.script({pending, ended, gone});
  CHECK(f.step() == lines{"listed"});
}

TEST_CASE("a Pod that comes again under its name is reported as gone first") {
  fixture f;
  f.api.put("a");
  f.step();
  auto gone = f.vanish("a");
  auto again = f.put("a");
  SECTION("by an event") {
    f.script({again});
    CHECK(f.step() == lines{"gone a uid-1", "seen a uid-2 pending"});
    f.script({gone});
    CHECK(f.step().empty());
  }
  SECTION("by a list") {
    f.now += pod_watch::relist_interval;
    CHECK(f.step() == lines{"gone a uid-1", "seen a uid-2 pending", "listed"});
  }
}

TEST_CASE(
    "a late event of a former Pod does no harm to a new one of its name") {
  fixture f;
  auto first = f.put("a");
  auto running = f.put("a", pod_state::running);
  auto gone = f.vanish("a");
  SECTION("known before") {
    f.script({});
    f.api.pods["a"] = first.pod;
    f.step();
    f.api.pods.clear();
    auto again = f.put("a");
    f.script({again, running, gone, first});
    CHECK(f.step() == lines{"gone a uid-1", "seen a uid-2 pending"});
  }
  SECTION("never known") {
    f.put("a");
    f.step();
    f.script({first, running, gone});
    CHECK(f.step().empty());
  }
  SECTION("come and gone since the list") {
    f.put("a");
    f.step();
    auto second_gone = f.vanish("a");
    auto third = f.put("a", pod_state::running);
    f.script({third, second_gone});
    CHECK(f.step() == lines{"gone a uid-2", "seen a uid-3 running"});
  }
}

TEST_CASE("the end of a successor that was never seen ends both") {
  fixture f;
  f.put("a");
  f.step();
  f.vanish("a");
  f.put("a", pod_state::running);
  auto gone = f.vanish("a");
  f.script({gone});
  CHECK(f.step()
        == lines{"gone a uid-1", "seen a uid-2 running", "gone a uid-2"});
}

TEST_CASE("a Pod without a resource version is reported, too") {
  fixture f;
  f.api.put("a");
  f.api.pods["a"].resource_version.clear();
  CHECK(f.step() == lines{"seen a uid-1 pending", "listed"});
  f.api.pods.clear();
  f.now += pod_watch::relist_interval;
  CHECK(f.step() == lines{"gone a uid-1", "listed"});
}

TEST_CASE("a stopped API ends the watch") {
  for (const auto* call : {"list_pods", "watch_pods"}) {
    fixture f;
    f.api.faults[call] = {pod_fault::cancelled};
    auto pause = f.watch.step(f.now);
    REQUIRE_FALSE(pause);
    CHECK(pause.error().code == ec::cancelled);
  }
}
