#include "runtime/task/pod_watch.hpp"

#include "support/log_capture.hpp"
#include "support/scripted_pod_api.hpp"

#include <catch2/catch_all.hpp>

#include <random>
#include <set>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

/// Who believes what `pod_watch` tells, and minds the rules.
struct believer {
  /// By name.
  std::map<std::string, pod_status> pods;
  std::set<std::string> ended;
  size_t lists = 0;

  void see(const pod_status& pod) {
    REQUIRE_FALSE(ended.contains(pod.uid));
    auto found = pods.find(pod.name);
    if (found != pods.end()) {
      REQUIRE(found->second.uid == pod.uid);
      REQUIRE(std::stoul(found->second.resource_version)
              < std::stoul(pod.resource_version));
    }
    pods[pod.name] = pod;
  }

  void lose(const pod_status& pod) {
    REQUIRE(ended.insert(pod.uid).second);
    auto found = pods.find(pod.name);
    REQUIRE(found != pods.end());
    REQUIRE(found->second.uid == pod.uid);
    pods.erase(found);
  }
};

/// Lets something happen to the Pods.
template <class Pick>
void live(scripted_pod_api& api, Pick pick) {
  auto name = "pod-" + std::to_string(pick(6));
  if (!api.pods.contains(name))
    api.put(name);
  else if (pick(3) == 0)
    api.vanish(name);
  else
    api.put(name, static_cast<pod_state>(pick(6)));
}

} // namespace

TEST_CASE("against a model, a list repairs any loss of events") {
  const log_capture log;
  auto base = std::random_device{}();
  for (unsigned round = 0; round < 2000; ++round) {
    auto seed = base + round;
    INFO("seed " << seed);
    std::mt19937 random{seed};
    auto pick = [&](size_t n) {
      return static_cast<size_t>(random() % n);
    };
    scripted_pod_api api;
    api.page_size = 1 + pick(3);
    api.decide = [&](const std::string& call) {
      // In the middle of a list, too.
      if (call == "list_pods" && pick(4) == 0)
        live(api, pick);
      return pick(5) == 0 ? pod_fault::lost_before : pod_fault::none;
    };
    std::vector<pod_event> earlier;
    api.mangle = [&](std::vector<pod_event>& events) {
      std::vector<pod_event> out;
      for (const auto& event : events) {
        earlier.push_back(event);
        if (pick(4) != 0)
          out.push_back(event);
        if (pick(4) == 0)
          out.push_back(earlier[pick(earlier.size())]);
      }
      for (size_t i = 1; i < out.size(); ++i)
        if (pick(3) == 0)
          std::swap(out[i], out[i - 1]);
      events = std::move(out);
    };
    believer listener;
    pod_watch watch{api,
                    {[&](const pod_status_ptr& pod) { listener.see(*pod); },
                     [&](const pod_status_ptr& pod) { listener.lose(*pod); },
                     [&] {
                       ++listener.lists;
                     }}};
    auto now = pod_watch::clock::time_point{} + 24h;
    for (auto steps = pick(40); steps > 0; --steps) {
      for (auto changes = pick(8); changes > 0; --changes)
        live(api, pick);
      if (pick(6) == 0)
        api.watches.emplace_back(
            [](auto&, const auto&) { return watch_end::expired; });
      now += std::chrono::seconds{pick(120)};
      REQUIRE(watch.step(now));
    }
    api.decide = nullptr;
    api.watches.clear();
    api.mangle = [](auto& events) {
      events.clear();
    };
    now += pod_watch::relist_interval;
    auto lists = listener.lists;
    REQUIRE(watch.step(now));
    REQUIRE(listener.lists == lists + 1);
    REQUIRE(listener.pods.size() == api.pods.size());
    for (const auto& [name, pod] : api.pods) {
      REQUIRE(listener.pods.contains(name));
      CHECK(listener.pods[name].uid == pod.uid);
      CHECK(listener.pods[name].state == pod.state);
      CHECK(listener.pods[name].resource_version == pod.resource_version);
    }
  }
}
