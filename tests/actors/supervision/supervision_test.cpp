#include "actors/supervision/supervision.hpp"

#include <catch2/catch_all.hpp>

#include <functional>
#include <random>
#include <vector>

using namespace motorcade;
using namespace std::chrono_literals;

namespace {

using time_point = supervision::time_point;

constexpr supervision_limits limits = {
    .init_timeout = 180s,
    .unschedulable_timeout = 60s,
    .task_timeout = 1h,
    .grace = 60s,
};

const time_point start = time_point{} + 24h;

pod_status pod_in(pod_state state) {
  pod_status out;
  out.name = "pod";
  out.uid = "1";
  out.node = "n1";
  out.state = state;
  if (state == pod_state::hopeless || state == pod_state::unschedulable) {
    out.failure = platform_failure("why it does not run");
    out.failure->type = failure_type::transient_error;
  }
  if (state == pod_state::ended) {
    out.source = container_end{0, "Completed", ""};
    out.sidecar = container_end{0, "Completed", ""};
  }
  return out;
}

pod_status ended_with(int source, int sidecar) {
  auto out = pod_in(pod_state::ended);
  out.source->exit_code = source;
  out.sidecar->exit_code = sidecar;
  return out;
}

pod_status deleted(pod_status pod) {
  pod.being_deleted = true;
  return pod;
}

std::string verdict_of(const supervision& life) {
  if (!life.verdict())
    return "none";
  return std::string{to_string(life.verdict()->status)} + ": "
         + to_text(life.verdict()->reason);
}

} // namespace

TEST_CASE("a task goes from created to cleaned as its Pod changes") {
  supervision life{limits, start};
  CHECK(life.phase() == task_phase::created);
  life.see(pod_in(pod_state::pending), start + 1s);
  CHECK(life.phase() == task_phase::pending);
  life.see(pod_in(pod_state::running), start + 2s);
  CHECK(life.phase() == task_phase::running);
  life.see(pod_in(pod_state::ending), start + 3s);
  CHECK(life.phase() == task_phase::running);
  CHECK_FALSE(life.verdict());
  CHECK_FALSE(life.wants_removal(start + 3s));
  life.see(ended_with(0, 0), start + 4s);
  CHECK(life.phase() == task_phase::finished);
  // The Pod stays until it is stored how it ended.
  CHECK_FALSE(life.wants_removal(start + 4s));
  life.note_stored();
  CHECK(life.wants_removal(start + 5s));
  life.note_removal(false, start + 5s);
  CHECK_FALSE(life.wants_removal(start + 6s));
  CHECK(life.phase() == task_phase::stored);
  life.lose(ended_with(0, 0));
  CHECK(life.phase() == task_phase::cleaned);
}

TEST_CASE("a deletion that is not confirmed within 2 min is repeated") {
  supervision life{limits, start};
  life.see(ended_with(0, 0), start);
  life.note_stored();
  life.note_removal(false, start);
  CHECK_FALSE(life.wants_removal(start + 119s));
  CHECK(life.wants_removal(start + 120s));
  life.note_removal(true, start + 121s);
  CHECK(life.phase() == task_phase::cleaned);
}

TEST_CASE("the end of a task follows from its Pod") {
  struct row {
    const char* what;
    std::function<void(supervision&)> happens;
    std::string verdict;
  };

  auto see = [](const pod_status& pod) {
    return [pod](supervision& life) {
      life.see(pod, start + 1s);
    };
  };
  auto lose = [](const pod_status& pod) {
    return [pod](supervision& life) {
      life.see(pod, start + 1s);
      life.lose(pod);
    };
  };
  auto oom = ended_with(137, 0);
  oom.source->reason = "OOMKilled";
  auto evicted = ended_with(137, 137);
  evicted.failure =
      platform_failure("the Pod was ended by Kubernetes: Evicted");
  const std::vector<row> rows = {
      {"hopeless", see(pod_in(pod_state::hopeless)),
       "FAILED: why it does not run (transient_error)"},
      {"both ended well, no word in the database", see(ended_with(0, 0)),
       "FAILED: the sidecar ended without an entry in the database"},
      {"the source failed", see(ended_with(3, 0)),
       "FAILED: the connector failed (exit code 3)"},
      {"the sidecar failed", see(ended_with(0, 2)),
       "FAILED: the sidecar failed (exit code 2)"},
      {"out of memory", see(oom),
       "FAILED: the connector was killed for want of memory (OOMKilled) (exit "
       "code 137, was ended by SIGKILL, perhaps for want of memory)"},
      {"evicted", see(evicted),
       "FAILED: the Pod was ended by Kubernetes: Evicted"},
      {"vanished", lose(pod_in(pod_state::running)),
       "FAILED: the Pod on node n1 vanished: it was deleted, or its node is "
       "gone (transient_error)"},
      {"vanished after its end", lose(ended_with(3, 0)),
       "FAILED: the connector failed (exit code 3)"},
      {"deleted by somebody else", lose(deleted(pod_in(pod_state::running))),
       "FAILED: the Pod on node n1 was deleted from outside "
       "(transient_error)"},
      {"deleted while it was pending",
       lose(deleted(pod_in(pod_state::pending))),
       "FAILED: the Pod on node n1 was deleted from outside "
       "(transient_error)"},
      {"never launched",
       [](supervision& life) {
         life.fail_to_launch({ec::service_unavailable, "HTTP 500"});
       },
       "FAILED: the Pod could not be created (transient_error): HTTP 500"},
      {"cancelled", [](supervision& life) { life.cancel(); },
       "CANCELLED: the task was cancelled"},
      {"cancelled after its end",
       [](supervision& life) {
         life.see(ended_with(3, 0), start);
         life.cancel();
       },
       "FAILED: the connector failed (exit code 3)"},
  };
  for (const auto& one : rows) {
    INFO(one.what);
    supervision life{limits, start};
    one.happens(life);
    CHECK(verdict_of(life) == one.verdict);
    CHECK(life.phase() == task_phase::finished);
  }
}

TEST_CASE("each time limit ends the task with its reason") {
  supervision life{limits, start};

  SECTION("the containers do not start") {
    auto pod = pod_in(pod_state::pending);
    pod.waits_for = "container source: ContainerCreating";
    life.see(pod, start + 1s);
    life.tick(start + 179s);
    CHECK(verdict_of(life) == "none");
    life.tick(start + 180s);
    CHECK(verdict_of(life)
          == "FAILED: the Pod's containers did not start within 180 s"
             ": container source: ContainerCreating");
  }

  SECTION("the Pod is never seen") {
    life.tick(start + 180s);
    CHECK(verdict_of(life)
          == "FAILED: the Pod's containers did not start within 180 s");
  }

  SECTION("no node takes the Pod") {
    life.see(pod_in(pod_state::unschedulable), start + 10s);
    life.tick(start + 69s);
    CHECK(verdict_of(life) == "none");
    life.tick(start + 70s);
    CHECK(verdict_of(life)
          == "FAILED: why it does not run within 60 s (transient_error)");
  }

  SECTION("a node takes the Pod at last") {
    life.see(pod_in(pod_state::unschedulable), start + 10s);
    life.see(pod_in(pod_state::pending), start + 60s);
    life.tick(start + 100s);
    CHECK(verdict_of(life) == "none");
  }

  SECTION("the task does not end") {
    life.see(pod_in(pod_state::running), start + 10s);
    life.tick(start + 10s + 1h + 119s);
    CHECK(verdict_of(life) == "none");
    life.tick(start + 10s + 1h + 120s);
    CHECK(verdict_of(life)
          == "TIME_EXCEEDED: the task did not end within 3600 s: its "
             "sidecar did not end it either");
  }

  SECTION("the deleted Pod stays on a node that is out of reach") {
    life.see(pod_in(pod_state::running), start + 10s);
    life.see(deleted(pod_in(pod_state::running)), start + 20s);
    life.tick(start + 139s);
    CHECK(verdict_of(life) == "none");
    life.tick(start + 140s);
    CHECK(verdict_of(life)
          == "FAILED: the Pod on node n1 was deleted from outside "
             "(transient_error): its containers did not end in time; its node "
             "may be out of reach");
  }
}

TEST_CASE("a task ends once and is cleaned, for events in any order") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  auto pick = [&](int most) {
    return std::uniform_int_distribution<int>{0, most}(random);
  };
  for (int round = 0; round < 5000; ++round) {
    supervision life{limits, start};
    auto now = start;
    auto stored = false;
    std::string verdict;
    auto removal_before_stored = false;
    for (int step = 0; step < 40; ++step) {
      now += std::chrono::seconds{pick(30)};
      switch (pick(9)) {
      case 0:
      case 1:
      case 2: {
        auto pod = pick(5) == 0 ? ended_with(pick(2), pick(2))
                                : pod_in(static_cast<pod_state>(pick(4)));
        pod.being_deleted = pick(7) == 0;
        life.see(pod, now);
        break;
      }
      case 3:
        if (pick(9) == 0)
          life.lose(pod_in(static_cast<pod_state>(pick(4))));
        break;
      case 4:
        if (pick(9) == 0)
          life.cancel();
        break;
      case 5:
        if (life.phase() == task_phase::finished && pick(1) == 0) {
          life.note_stored();
          stored = true;
        }
        break;
      case 6:
        if (life.wants_removal(now)) {
          removal_before_stored = removal_before_stored || !stored;
          life.note_removal(pick(2) == 0, now);
        }
        break;
      default:
        life.tick(now);
      }
      if (life.verdict() && verdict.empty())
        verdict = verdict_of(life);
      // Once it is given it never changes.
      if (!verdict.empty())
        REQUIRE(verdict_of(life) == verdict);
      REQUIRE((life.phase() >= task_phase::finished)
              == life.verdict().has_value());
    }
    REQUIRE_FALSE(removal_before_stored);
    // Time alone ends every task, and what is stored can be cleaned.
    life.tick(now + 24h);
    life.tick(now + 48h);
    REQUIRE(life.verdict().has_value());
    if (life.phase() == task_phase::finished)
      life.note_stored();
    if (life.phase() == task_phase::stored) {
      REQUIRE(life.wants_removal(now + 72h));
      life.note_removal(true, now + 72h);
    }
    REQUIRE(life.phase() == task_phase::cleaned);
  }
}
